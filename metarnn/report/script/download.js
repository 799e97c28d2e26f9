// Figures and tables as files.

function save(name, type, text) {
  const link = element("a", {
    href: URL.createObjectURL(new Blob([text], { type })),
    download: name,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function fileName(text, ending) {
  const plain = text.normalize("NFKD").replace(/[^\w]+/g, "-").replace(/^-+|-+$/g, "");
  return `${plain.slice(0, 80).toLowerCase() || "figure"}.${ending}`;
}

// A text that a spreadsheet would take for a formula gets an apostrophe before it.
function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[\s]*[=+\-@\t\r|]/.test(value) ? `'${value}` : value;
  return /[",\n\r;']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (rows) => rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

// The figure as a file of its own: with its title and legend, dark on white.
function standalone(chart) {
  const drawn = chart.plot.querySelector("svg").cloneNode(true);
  drawn.querySelectorAll(".interactive").forEach((one) => one.remove());
  const svg = d3.select(drawn);
  const [, , width, height] = svg.attr("viewBox").split(" ").map(Number);
  const looks = chart.legend ? DATA.optimizers.filter((_, i) => isShown(i)) : [];
  const column = 170;
  const columns = Math.max(1, Math.floor(width / column));
  const total = height + 34 + 20 * Math.ceil(looks.length / columns);
  svg
    .attr("xmlns", "http://www.w3.org/2000/svg")
    .attr("viewBox", `0 -26 ${width} ${total}`)
    .attr("width", width)
    .attr("height", total)
    .attr("color", "#1a1a1a");
  svg
    .insert("rect", ":first-child")
    .attr("y", -26)
    .attr("width", width)
    .attr("height", total)
    .attr("fill", "#fff");
  svg
    .append("text")
    .attr("x", 8)
    .attr("y", -9)
    .attr("font-size", 13)
    .attr("font-weight", 600)
    .attr("fill", "currentColor")
    .text(chart.title());
  looks.forEach((look, i) => {
    const place = svg
      .append("g")
      .attr("transform", `translate(${8 + column * (i % columns)},${height + 14 + 20 * Math.floor(i / columns)})`);
    swatch(place, look);
    place
      .append("text")
      .attr("x", 36)
      .attr("dy", "0.32em")
      .attr("font-size", 11)
      .attr("fill", "currentColor")
      .text(shortened(look.name, 20));
  });
  return new XMLSerializer().serializeToString(drawn);
}
