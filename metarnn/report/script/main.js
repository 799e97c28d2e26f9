// The start of the page.

document.documentElement.classList.add("scripted");
themes();
tables();
document.querySelectorAll("figure.chart").forEach((figure, id) => charts.push(makeChart(figure, id)));
legend();
controls();
drawWhenNear();
