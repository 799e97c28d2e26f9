// Figures with a row for each optimizer: values, their middle, and its interval.

function rowData(chart) {
  const found = chart.source();
  const all = found.rows.map((row, i) => ({ ...row, i, look: DATA.optimizers[i] }));
  return { found, all, rows: all.filter((row) => isShown(row.i)) };
}

function rowScale(found, rows, range) {
  if (found.limits) return d3.scaleLinear().domain(found.limits).range(range);
  const all = rows.flatMap((row) => [row.middle, row.low, row.high, ...row.values]);
  const seen = all.filter((v) => v !== null && v !== undefined && (!found.log || v > 0));
  let [low, high] = seen.length ? d3.extent(seen) : [1, 10];
  if (!found.log) {
    const room = 0.04 * (high - low) || 0.05;
    return d3.scaleLinear().domain([low - room, high + room]).range(range);
  }
  if (high / low < 1.5) [low, high] = [low / 1.2, high * 1.2];
  const room = (high / low) ** 0.04;
  return d3.scaleLog().domain([low / room, high * room]).range(range);
}

function drawRows(chart) {
  const { found, all, rows } = rowData(chart);
  const width = Math.max(260, chart.plot.clientWidth);
  const isNarrow = width < 520;
  const longest = d3.max(all, (row) => Math.min(24, row.look.name.length)) ?? 4;
  const beside = isNarrow ? 14 : Math.min(0.36 * width, 30 + 7 * longest);
  const step = isNarrow ? 44 : 30;
  const margin = { top: 10, right: 30, bottom: 44, left: beside };
  const height = margin.top + margin.bottom + step * Math.max(1, all.length);
  const svg = drawing(chart, width, height);
  const x = rowScale(found, rows, [margin.left, width - margin.right]);
  axis(svg, x, "bottom", {
    at: `translate(0,${height - margin.bottom})`,
    length: height - margin.top - margin.bottom,
    label: found.label,
    count: isNarrow ? 4 : 7,
    ticks: found.ticks,
  });
  const edge = width - 12;
  const place = (v) => (v === null || v === undefined ? edge : found.log && v <= 0 ? x.range()[0] : x(v));
  const missing = rows.some((row) => row.middle === null || row.values?.includes(null));
  if (missing) svg.append("text").attr("x", edge).attr("y", height - margin.bottom + 16).attr("text-anchor", "middle").attr("fill", "currentColor").text("∞");
  // Hidden ones keep their place, so that the page does not jump.
  all.forEach((row, number) => {
    const y = margin.top + step * number + (isNarrow ? 30 : step / 2);
    const name = svg
      .append("text")
      .attr("x", isNarrow ? margin.left : margin.left - 12)
      .attr("y", isNarrow ? y - 14 : y)
      .attr("dy", isNarrow ? 0 : "0.33em")
      .attr("text-anchor", isNarrow ? "start" : "end")
      .attr("font-size", 12.5)
      .attr("fill", "currentColor")
      .attr("fill-opacity", isShown(row.i) ? 1 : 0.35)
      .text(shortened(row.look.name, isNarrow ? 40 : 24));
    name.append("title").text(row.look.name);
    if (isShown(row.i)) drawRow(chart, svg, row, y, x, place);
  });
}

function drawRow(chart, svg, row, y, x, place) {
  const color = ink(row.look);
  const group = svg.append("g");
  const tell = (mark, text) =>
    mark
      .attr("class", "mark")
      .on("pointerenter", (event) => {
        const [left, top] = d3.pointer(event, chart.plot);
        showTip(chart, left, top - 30, [tipRow(row.look, text)]);
      })
      .on("pointerleave", () => hideTip(chart));
  if (row.bar) {
    group
      .append("rect")
      .attr("x", x.range()[0])
      .attr("y", y - 8)
      .attr("width", Math.max(0, place(row.middle) - x.range()[0]))
      .attr("height", 16)
      .attr("fill", color)
      .attr("fill-opacity", 0.35);
  }
  (row.values ?? []).forEach((value, j) => {
    const dot = group
      .append("circle")
      .attr("cx", place(value))
      .attr("cy", y + 5 * Math.sin(2.4 * j)) // apart, and the same each time
      .attr("r", 3.4)
      .attr("fill", color)
      .attr("fill-opacity", 0.6);
    tell(dot, row.labels[j]);
  });
  if (row.low !== undefined) {
    const ends = [row.low, row.high].map(place);
    const line = (x1, x2, y1, y2, thick) =>
      group
        .append("line")
        .attr("x1", x1)
        .attr("x2", x2)
        .attr("y1", y1)
        .attr("y2", y2)
        .attr("stroke", "currentColor")
        .attr("stroke-width", thick);
    line(ends[0], ends[1], y, y, 1.8);
    for (const end of ends) line(end, end, y - 4, y + 4, 1.4);
  }
  const middle = marker(group, row.look, place(row.middle), y, 110);
  middle.attr("stroke", "currentColor").attr("stroke-width", 0.8);
  tell(middle, row.text ?? intervalText(row));
}

function intervalText(row) {
  return `${number(row.middle)} (${number(row.low)}–${number(row.high)})`;
}

function rowRows(chart) {
  const { found, rows } = rowData(chart);
  const table = [["optimizer", "of", found.label, "low", "high"]];
  for (const row of rows) {
    table.push([row.look.name, "all", row.middle, row.low, row.high]);
    (row.values ?? []).forEach((value, j) => table.push([row.look.name, row.labels[j], value]));
  }
  return table;
}
