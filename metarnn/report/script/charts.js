// All figures of the page, with buttons for zoom and files. Curves are drawn when they come near.

function draw(chart) {
  hideTip(chart);
  chart.stale = false;
  (chart.isLines ? drawLines : drawRows)(chart);
}

function makeChart(figure, id) {
  const { kind, number: n } = figure.dataset;
  const isLines = kind === "loss" || kind === "reached";
  const chart = {
    id,
    figure,
    kind,
    number: Number(n),
    isLines,
    legend: isLines,
    plot: figure.querySelector(".plot"),
    tip: element("div", { class: "tip", hidden: "" }),
    zoom: { x: null, y: null },
    near: false,
    stale: true,
    source: () => (kind === "overview" ? DATA.overview[chart.number] : DATA[kind][chart.number]),
    title: () =>
      isLines
        ? `${DATA.problems[chart.number].title}: ${kind === "loss" ? "training loss" : "targets reached"} over ${chosen.unit}`
        : chart.source().title,
    rows: () => (isLines ? curveRows(chart) : rowRows(chart)),
  };
  chart.plot.append(chart.tip);
  chart.plot.querySelector("noscript")?.remove();
  tools(chart);
  if (isLines) {
    const slider = { role: "slider", tabindex: "0", "aria-label": chart.plot.dataset.alt };
    const values = { "aria-valuemin": 0, "aria-valuemax": DATA.problems[chart.number].axes[chosen.unit].x.length - 1 };
    const text = { "aria-valuenow": 0, "aria-valuetext": "arrow keys read the values" };
    for (const [name, value] of Object.entries({ ...slider, ...values, ...text })) chart.plot.setAttribute(name, value);
    chart.plot.addEventListener("keydown", (event) => keys(chart, event));
    chart.plot.addEventListener("blur", () => hideTip(chart));
  }
  return chart;
}

function tools(chart) {
  const made = element("div", { class: "tools" });
  const title = () => chart.title();
  if (chart.isLines) {
    made.append(
      button("+", `Zoom in: ${title()}`, () => zoomBy(chart, 0.5)),
      button("−", `Zoom out: ${title()}`, () => zoomBy(chart, 2)),
      button("Reset", `Reset the zoom: ${title()}`, () => zoomTo(chart, null, null)),
    );
  }
  made.append(
    button("SVG", `Download as SVG: ${title()}`, () => save(fileName(title(), "svg"), "image/svg+xml", standalone(chart))),
    button("CSV", `Download the data as CSV: ${title()}`, () => save(fileName(title(), "csv"), "text/csv", csv(chart.rows()))),
  );
  chart.figure.querySelector("figcaption").after(made);
}

function drawWhenNear() {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const chart = charts.find((one) => one.figure === target);
        chart.near = isIntersecting;
        if (chart.near && chart.stale) draw(chart);
      }
    },
    { rootMargin: "800px" },
  );
  // Space is kept for those that are not drawn yet, so that the page does not jump.
  const lines = charts.filter((one) => one.isLines);
  const reserve = () => {
    const heights = lines.map((one) => heightOfLines(one.plot.clientWidth));
    lines.forEach((one, i) => (one.plot.style.minHeight = `${heights[i]}px`));
  };
  for (const chart of charts) {
    if (chart.isLines) continue;
    chart.near = true;
    draw(chart);
  }
  reserve();
  for (const chart of lines) seen.observe(chart.figure);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return; // a phone's bars come and go
    width = window.innerWidth;
    reserve();
    requestAnimationFrame(redraw);
  });
  window.addEventListener("beforeprint", () => charts.filter((one) => one.stale).forEach(draw));
}
