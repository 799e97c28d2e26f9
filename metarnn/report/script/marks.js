// Lines, markers and axes, as SVG.

// The markers of the plots in Python.
const MARKERS = {
  o: [d3.symbolCircle, 0],
  s: [d3.symbolSquare, 0],
  "^": [d3.symbolTriangle, 0],
  D: [d3.symbolDiamond, 0],
  v: [d3.symbolTriangle, 180],
  P: [d3.symbolCross, 0],
  X: [d3.symbolCross, 45],
  "<": [d3.symbolTriangle, -90],
  ">": [d3.symbolTriangle, 90],
  "*": [d3.symbolStar, 0],
  p: [d3.symbolWye, 0],
};

// In the middle, because names with settings differ at their ends.
function shortened(text, n) {
  if (text.length <= n) return text;
  const end = Math.floor(0.4 * n);
  return `${text.slice(0, n - 1 - end)}…${text.slice(-end)}`;
}

function marker(parent, look, x, y, size = 42) {
  const [type, angle] = MARKERS[look.marker] ?? MARKERS.o;
  return parent
    .append("path")
    .attr("d", d3.symbol(type, size)())
    .attr("transform", `translate(${x.toFixed(1)},${y.toFixed(1)}) rotate(${angle})`)
    .attr("fill", ink(look));
}

function swatch(parent, look) {
  parent
    .append("line")
    .attr("x2", 28)
    .attr("stroke", ink(look))
    .attr("stroke-width", 2.2)
    .attr("stroke-dasharray", look.dash || null);
  marker(parent, look, 14, 0, 36);
}

// An empty drawing that scales with its place, also on paper.
function drawing(chart, width, height) {
  chart.plot.querySelector("svg")?.remove();
  return d3
    .select(chart.plot)
    .insert("svg", ":first-child")
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("font-family", "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif")
    .attr("font-size", 11.5)
    .attr("role", "img")
    .attr("aria-label", chart.plot.dataset.alt);
}

const tick = (value) => (value === 0 ? "0" : number(value));

function axis(svg, scale, side, { at, length, label, lines = true, count = 5, ticks = null }) {
  const make = side === "bottom" ? d3.axisBottom(scale) : d3.axisLeft(scale);
  // A short log axis has no label but the powers; one of less than a decade has all.
  const decades = scale.base ? Math.abs(Math.log10(scale.domain()[1] / scale.domain()[0])) : 0;
  if (ticks) make.tickValues(ticks);
  else if (scale.base && decades >= 2) {
    const step = Math.max(1, Math.ceil(decades / count));
    const [low, high] = d3.extent(scale.domain());
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const powers = d3.range(first, Math.log10(high) + 1e-9, step).map((power) => 10 ** power);
    make.tickValues(powers);
  } else if (scale.base) {
    const all = scale.ticks(count);
    const few = all.filter((one) => /^[125](e|$)/.test(one.toExponential()));
    make.tickValues(few.length >= 3 ? few : all.length <= 2 * count ? all : [all[0], all[all.length - 1]]);
  } else make.ticks(count);
  make.tickFormat(tick).tickSizeOuter(0).tickSize(4);
  const made = svg.append("g").attr("transform", at).call(make).attr("font-size", 11.5).attr("font-family", null);
  if (lines) {
    made
      .selectAll(".tick")
      .insert("line", "line")
      .attr("stroke", "currentColor")
      .attr("stroke-opacity", 0.13)
      .attr(side === "bottom" ? "y2" : "x2", side === "bottom" ? -length : length);
  }
  made.select(".domain").attr("stroke-opacity", 0.5);
  const text = made.append("text").attr("fill", "currentColor").attr("font-size", 12);
  if (side === "bottom") text.attr("x", d3.mean(scale.range())).attr("y", 36).attr("text-anchor", "middle");
  else text.attr("x", 0).attr("y", d3.min(scale.range()) - 10).attr("text-anchor", "start").attr("dx", -48);
  text.text(label);
  return made;
}
