// The theme's buttons that fold the list of pages have a sign and no word; a screen reader needs one.
document.addEventListener("DOMContentLoaded", () => {
  for (const summary of document.querySelectorAll("summary")) {
    if (!summary.textContent.trim()) {
      const page = summary.closest("li")?.querySelector("a")?.textContent.trim();
      summary.setAttribute("aria-label", `Pages below ${page ?? "this one"}`);
    }
  }
});
