// Tables that sort by a click on a heading, filter by words, and download as CSV.

function sortValue(cell) {
  if (cell.dataset.v === undefined) return cell.textContent.toLowerCase();
  return cell.dataset.v === "" ? Infinity : Number(cell.dataset.v);
}

function sortBy(table, column, heading) {
  const rising = heading.getAttribute("aria-sort") !== "ascending";
  for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const keyed = [...table.tBodies[0].rows].map((row) => [sortValue(row.cells[column]), row]);
  const compare = ([a], [b]) => (typeof a === "number" && typeof b === "number" ? d3.ascending(a, b) : String(a).localeCompare(String(b)));
  keyed.sort((a, b) => (rising ? 1 : -1) * compare(a, b));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

function tableRows(table) {
  return [...table.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
}

function tables() {
  for (const table of document.querySelectorAll("table.sorts")) {
    const name = table.dataset.name;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const sorter = element("button", { type: "button", title: "Sort by this column" }, ...heading.childNodes);
      sorter.addEventListener("click", () => sortBy(table, column, heading));
      heading.append(sorter);
    });
    const bar = element("div", { class: "table-tools" });
    if (table.tBodies[0].rows.length > 5) {
      const count = element("span", { role: "status" });
      const input = element("input", { type: "search", "aria-label": `Filter: ${name}`, placeholder: "Filter rows" });
      input.addEventListener("input", () => {
        const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        const rows = [...table.tBodies[0].rows];
        for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
        const shown = rows.filter((row) => !row.hidden).length;
        count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
      });
      bar.append(input, count);
    }
    bar.append(button("CSV", `Download as CSV: ${name}`, () => save(fileName(name, "csv"), "text/csv", csv(tableRows(table)))));
    table.closest(".scroll").before(bar);
  }
}
