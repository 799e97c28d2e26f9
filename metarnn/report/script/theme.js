// Light or dark: as the system says, unless the reader chooses. Stored where the browser allows it.

function themes() {
  const root = document.documentElement;
  const inputs = document.querySelectorAll("input[name=theme]");
  const choose = (theme) => {
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
  };
  let stored = null;
  try {
    stored = localStorage.getItem("metarnn-report-theme");
  } catch {
    // A page that is opened in a sandbox has no storage.
  }
  for (const input of inputs) {
    if (input.value === stored) {
      input.checked = true;
      choose(stored);
    }
    input.addEventListener("change", () => {
      choose(input.value);
      try {
        localStorage.setItem("metarnn-report-theme", input.value);
      } catch {
        // It holds for this visit.
      }
    });
  }
}
