// Within a drawing of curves: the cursor with its values, and zoom.

function overlay(chart, svg, [width, height]) {
  const { margin } = chart;
  const brush = d3
    .brush()
    .extent([[margin.left, margin.top], [margin.left + width, margin.top + height]])
    .filter((event) => event.button === 0 && event.pointerType !== "touch" && !event.touches)
    .touchable(false)
    .on("brush", () => hideTip(chart))
    .on("end", ({ selection, sourceEvent }) => {
      if (!selection || !sourceEvent) return;
      const [[left, top], [right, bottom]] = selection;
      if (right - left < 6 || bottom - top < 6) return;
      zoomTo(chart, [left, right].map(chart.x.invert), [bottom, top].map(chart.y.invert));
    });
  svg
    .append("g")
    .attr("class", "interactive brush")
    .call(brush)
    .on("pointermove pointerdown", (event) => {
      if (event.buttons && event.pointerType !== "touch") return; // dragging
      const [at] = d3.pointer(event, svg.node());
      moveCursor(chart, nearest(chart, chart.x.invert(at)));
    })
    .on("pointerleave", (event) => event.pointerType !== "touch" && hideTip(chart))
    .on("dblclick", () => zoomTo(chart, null, null));
}

function nearest(chart, value) {
  const { x } = chart.found;
  const right = Math.min(x.length - 1, d3.bisectLeft(x, value));
  const left = Math.max(0, right - 1);
  return Math.abs(chart.x(x[left]) - chart.x(value)) < Math.abs(chart.x(x[right]) - chart.x(value)) ? left : right;
}

function moveCursor(chart, j) {
  const { x: at, series, isLoss } = chart.found;
  hideTip(chart);
  chart.cursor = j;
  const svg = d3.select(chart.plot).select("svg");
  const mark = svg.append("g").attr("class", "interactive cursor").attr("pointer-events", "none");
  const place = chart.x(at[j]);
  mark
    .append("line")
    .attr("x1", place)
    .attr("x2", place)
    .attr("y1", chart.margin.top)
    .attr("y2", chart.height - chart.margin.bottom)
    .attr("stroke", "currentColor")
    .attr("stroke-opacity", 0.5);
  const [low, high] = d3.extent(chart.y.domain());
  const texts = [];
  const rows = series.map(({ look, y, row }) => {
    if (y[j] !== null && y[j] >= low && y[j] <= high) marker(mark, look, place, chart.y(y[j]), 60);
    let text = y[j] === null ? "–" : number(y[j]);
    if (isLoss && row.low[j] !== null && row.low[j] !== row.high[j]) {
      text += ` (${number(row.low[j])}–${row.high[j] === null ? "∞" : number(row.high[j])})`;
    }
    texts.push(`${look.name} ${text}`);
    return tipRow(look, text);
  });
  const head = `${number(at[j])} ${chosen.unit}`;
  const scale = chart.plot.clientWidth / chart.width;
  showTip(chart, scale * place, 8, [element("div", { class: "tip-head" }, head), ...rows]);
  chart.plot.setAttribute("aria-valuenow", j);
  chart.plot.setAttribute("aria-valuetext", `${head}: ${texts.join("; ")}`);
}

function zoomTo(chart, xs, ys) {
  chart.zoom = { x: xs, y: ys };
  chart.figure.classList.toggle("zoomed", Boolean(xs || ys));
  draw(chart);
}

// Zoom around the middle, or the cursor, by a factor; with a factor of one, move by a part.
function zoomBy(chart, factor, shift = 0) {
  const [left, right] = chart.x.range();
  const whole = domains({ ...chart, zoom: {} }, chart.found)[0];
  const span = (right - left) * factor;
  const middle = (left + right) / 2 + shift * (right - left);
  const xs = [middle - span / 2, middle + span / 2].map(chart.x.invert);
  const kept = [Math.max(whole[0], xs[0]), Math.min(whole[1], xs[1])];
  if (kept[0] >= kept[1]) return;
  const all = kept[0] <= whole[0] && kept[1] >= whole[1];
  zoomTo(chart, all ? null : kept, null);
}

function keys(chart, event) {
  const last = chart.found.x.length - 1;
  const [low, high] = chart.x.domain().map((value) => nearest(chart, value));
  const at = chart.cursor ?? low;
  const step = event.shiftKey ? 10 : 1;
  const moves = {
    ArrowRight: () => moveCursor(chart, Math.min(high, at + step)),
    ArrowUp: () => moveCursor(chart, Math.min(high, at + step)),
    ArrowLeft: () => moveCursor(chart, Math.max(low, at - step)),
    ArrowDown: () => moveCursor(chart, Math.max(low, at - step)),
    Home: () => moveCursor(chart, Math.max(0, low)),
    End: () => moveCursor(chart, Math.min(last, high)),
    "+": () => zoomBy(chart, 0.5),
    "-": () => zoomBy(chart, 2),
    0: () => zoomTo(chart, null, null),
    Escape: () => hideTip(chart),
  };
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in moves)) return;
  event.preventDefault();
  moves[event.key]();
}
