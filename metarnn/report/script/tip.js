// The small box that follows the pointer, or the keys.

function showTip(chart, x, y, content) {
  const tip = chart.tip;
  tip.replaceChildren(...content);
  tip.hidden = false;
  const space = chart.plot.clientWidth;
  // On a phone the values of all curves stand below them.
  tip.classList.toggle("below", chart.isLines && space < 480);
  const right = x + 14 + tip.offsetWidth <= space;
  tip.style.left = `${right ? x + 14 : Math.max(0, x - 14 - tip.offsetWidth)}px`;
  tip.style.top = `${Math.max(0, Math.min(y, chart.plot.clientHeight - tip.offsetHeight))}px`;
}

function hideTip(chart) {
  chart.tip.hidden = true;
  d3.select(chart.plot).selectAll(".cursor").remove();
}

function tipRow(look, value) {
  const svg = d3.create("svg").attr("width", 28).attr("height", 12).attr("viewBox", "0 -6 28 12");
  svg.attr("aria-hidden", "true");
  swatch(svg, look);
  const name = element("span", { class: "name" }, shortened(look.name, 28));
  return element("div", { class: "tip-row" }, svg.node(), name, element("b", {}, value));
}
