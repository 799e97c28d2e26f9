// Curves over passes or seconds: zoom by dragging, values under the pointer or by the arrow keys.

function curveData(chart) {
  const problem = DATA.problems[chart.number];
  const { x, rows } = problem.axes[chosen.unit];
  const isLoss = chart.kind === "loss";
  const keep = (v) => v !== null && (!isLoss || chosen.yScale === "linear" || v > 0);
  const series = rows
    .map((row, i) => row && { i, look: DATA.optimizers[i], y: isLoss ? row.middle : row.reached, row })
    .filter((one) => one && isShown(one.i));
  return { problem, x, series, isLoss, keep };
}

function domains(chart, { problem, x, series, isLoss, keep }) {
  const first = chosen.xScale === "log" ? x.find((v) => v > 0) : 0;
  const xs = chart.zoom.x ?? [first, x[x.length - 1]];
  if (chart.zoom.y) return [xs, chart.zoom.y];
  if (!isLoss) return [xs, [0, 1.02]];
  const seen = series.flatMap(({ y }) => y.filter((v, j) => keep(v) && x[j] >= xs[0] && x[j] <= xs[1]));
  const target = problem.target;
  if (!seen.length) return [xs, target ? [target / 10, target * 10] : [0.1, 10]];
  // A method that falls to 1e-10 would make the others one line at the top.
  let low = d3.min(seen);
  if (chosen.yScale === "linear") return [xs, [Math.min(0, low), 1.05 * d3.max(seen) || 1]];
  if (target && !chart.zoom.x) low = Math.max(low, target / 100);
  return [xs, [0.8 * low, Math.max(1.15 * d3.max(seen), 1.5 * low)]];
}

const heightOfLines = (width) => Math.min(360, Math.max(260, 0.62 * width));

function drawLines(chart) {
  const width = Math.max(260, chart.plot.clientWidth);
  const height = heightOfLines(width);
  const margin = { top: 24, right: 26, bottom: 42, left: 54 };
  const svg = drawing(chart, width, height);
  const found = curveData(chart);
  const [xs, ys] = domains(chart, found);
  const scale = (kind) => (kind === "log" ? d3.scaleLog() : d3.scaleLinear());
  const x = scale(chosen.xScale).domain(xs).range([margin.left, width - margin.right]);
  const y = scale(found.isLoss ? chosen.yScale : "linear")
    .domain(ys)
    .range([height - margin.bottom, margin.top]);
  Object.assign(chart, { x, y, found, margin, width, height });
  const inner = [width - margin.left - margin.right, height - margin.top - margin.bottom];
  const label = found.isLoss ? found.problem.losses : "fraction of runs and targets reached";
  const unit = width < 460 ? chosen.unit : found.problem.units[chosen.unit];
  axis(svg, x, "bottom", { at: `translate(0,${height - margin.bottom})`, length: inner[1], label: unit, count: width < 460 ? 4 : 6 });
  axis(svg, y, "left", { at: `translate(${margin.left},0)`, length: inner[0], label });
  const clip = `clip-${chart.id}`;
  svg
    .append("clipPath")
    .attr("id", clip)
    .append("rect")
    .attr("x", margin.left)
    .attr("y", margin.top)
    .attr("width", inner[0])
    .attr("height", inner[1]);
  const area = svg.append("g").attr("clip-path", `url(#${clip})`);
  for (const one of found.series) drawBand(area, found, one, x, y);
  for (const one of found.series) drawLine(area, found, one, x, y);
  drawTarget(area, found, x, y);
  overlay(chart, svg, inner);
}

function drawBand(area, { x: at, isLoss, keep }, { look, row }, x, y) {
  if (!isLoss) return;
  const points = d3.range(at.length).filter((j) => keep(row.low[j]) && at[j] >= 0 && x(at[j]) > -1e9);
  const top = y.range()[1] - 5;
  const band = d3
    .area()
    .x((j) => x(at[j]).toFixed(1))
    .y0((j) => y(row.low[j]).toFixed(1))
    .y1((j) => (row.high[j] === null ? top : y(row.high[j])).toFixed(1));
  area.append("path").attr("d", band(points)).attr("fill", ink(look)).attr("fill-opacity", 0.12);
}

function drawLine(area, { x: at, keep }, { i, look, y: values }, x, y) {
  const points = d3.range(at.length).filter((j) => keep(values[j]) && Number.isFinite(x(at[j])));
  const line = d3.line((j) => x(at[j]).toFixed(1), (j) => y(values[j]).toFixed(1));
  area
    .append("path")
    .attr("d", line(points))
    .attr("class", "curve")
    .attr("fill", "none")
    .attr("stroke", ink(look))
    .attr("stroke-width", 1.8)
    .attr("stroke-linejoin", "round")
    .attr("stroke-dasharray", look.dash || null);
  // Markers about every 90 pixels, at other places for each line.
  let next = x.range()[0] + 10 + 11 * (i % 8);
  for (const j of points) {
    if (x(at[j]) < next || x(at[j]) > x.range()[1]) continue;
    marker(area, look, x(at[j]), y(values[j]), 34);
    next = x(at[j]) + 90;
  }
}

function drawTarget(area, { problem, isLoss }, x, y) {
  if (!isLoss || problem.target === null || !(problem.target > 0)) return;
  const height = y(problem.target);
  area
    .append("line")
    .attr("x1", x.range()[0])
    .attr("x2", x.range()[1])
    .attr("y1", height)
    .attr("y2", height)
    .attr("stroke", "currentColor")
    .attr("stroke-opacity", 0.6)
    .attr("stroke-dasharray", "2 3");
  area
    .append("text")
    .attr("x", x.range()[0] + 5)
    .attr("y", height - 5)
    .attr("fill", "currentColor")
    .attr("font-size", 11)
    .attr("paint-order", "stroke")
    .text(`target ${number(problem.target)}`);
}

function curveRows(chart) {
  const { problem, x, series, isLoss } = curveData(chart);
  const rows = [["problem", "optimizer", chosen.unit, ...(isLoss ? ["lower quartile", "median", "upper quartile"] : ["fraction"])]];
  for (const { look, row } of series) {
    x.forEach((at, j) => {
      const values = isLoss ? [row.low[j], row.middle[j], row.high[j]] : [row.reached[j]];
      rows.push([problem.title, look.name, at, ...values]);
    });
  }
  return rows;
}
