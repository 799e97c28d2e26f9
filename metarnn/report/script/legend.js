// Buttons that hide and show optimizers, in all figures at once.

function legend() {
  const place = document.getElementById("legend");
  if (!place) return;
  const buttons = DATA.optimizers.map((look, i) => {
    const svg = d3.create("svg").attr("width", 28).attr("height", 14).attr("viewBox", "0 -7 28 14");
    svg.attr("aria-hidden", "true");
    swatch(svg, look);
    const made = element("button", { type: "button", "aria-pressed": "true" }, svg.node(), element("span", {}, shortened(look.name, 32)));
    made.title = look.name;
    made.addEventListener("click", () => {
      if (isShown(i)) chosen.hidden.add(i);
      else chosen.hidden.delete(i);
      update();
    });
    made.addEventListener("dblclick", () => {
      chosen.hidden = new Set(d3.range(DATA.optimizers.length).filter((j) => j !== i));
      update();
    });
    return made;
  });
  const update = () => {
    buttons.forEach((one, i) => one.setAttribute("aria-pressed", isShown(i)));
    redraw();
  };
  const all = button("Show all", "Show all optimizers", () => {
    chosen.hidden = new Set();
    update();
  });
  const none = button("Hide all", "Hide all optimizers", () => {
    chosen.hidden = new Set(d3.range(DATA.optimizers.length));
    update();
  });
  place.append(...buttons);
  if (buttons.length > 1) place.append(all, none);
}
