// Choices for all curves, the measure of the first figure, and the filter of the problems.

function controls() {
  for (const name of ["unit", "xScale", "yScale"]) {
    for (const input of document.querySelectorAll(`input[name=${name}]`)) {
      input.checked = input.value === chosen[name];
      input.addEventListener("change", () => {
        chosen[name] = input.value;
        for (const chart of charts) {
          if (!chart.isLines) continue;
          chart.zoom = { x: null, y: null };
          chart.cursor = undefined;
        }
        redraw();
      });
    }
  }
  for (const input of document.querySelectorAll("input[name=measure]")) {
    input.addEventListener("change", () => {
      const chart = charts.find((one) => one.kind === "overview");
      chart.number = Number(input.value);
      const found = chart.source();
      chart.plot.dataset.alt = found.alt;
      chart.figure.querySelector("figcaption b").textContent = found.title;
      chart.figure.querySelector("figcaption span").textContent = found.note;
      draw(chart);
    });
  }
  const search = document.getElementById("problem-filter");
  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let n = 0;
    for (const section of document.querySelectorAll("section.problem")) {
      section.hidden = !section.dataset.title.toLowerCase().includes(wanted);
      n += !section.hidden;
    }
    document.getElementById("problem-count").textContent = wanted ? `${n} shown` : "";
  });
}
