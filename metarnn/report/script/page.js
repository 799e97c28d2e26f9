// What the page shows now: its data, and the choices of the reader.

const DATA = JSON.parse(document.getElementById("data").textContent);
const chosen = { unit: DATA.unit, xScale: "log", yScale: "log", hidden: new Set() };
const charts = [];

const isShown = (i) => !chosen.hidden.has(i);
// Black is the color of the text, so that it is white on a dark page.
const ink = (look) => (look.color.toUpperCase() === "#000000" ? "currentColor" : look.color);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children); // strings become text, never markup
  return made;
}

function button(text, label, action) {
  const made = element("button", { type: "button", title: label, "aria-label": label }, text);
  made.addEventListener("click", action);
  return made;
}

function redraw() {
  for (const chart of charts) {
    chart.stale = true;
    if (chart.near) draw(chart);
  }
}

function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return d3.format(".2~e")(value).replace("-", "−").replace("+", "");
  return d3.format(size >= 1000 ? ",.0f" : ".3~r")(value);
}
