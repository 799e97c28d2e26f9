"""A real browser, Chromium without a window, and what axe-core finds on a page in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

#: Phone, tablet and desktop.
WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")
#: The findings of axe-core that keep people out.
SERIOUS = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield the system's Chromium, run by Playwright; skip where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium: install one, or name it in the variable CHROMIUM")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def serious_findings(page: Any) -> list[str]:
    """Return what axe-core finds that is serious, with the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    return [
        f"{found['id']}: {found['help']}: {[node['html'][:200] for node in found['nodes'][:3]]}"
        for found in axe.run(page).response["violations"]
        if found["impact"] in SERIOUS
    ]


def cut_off(page: Any) -> list[str]:
    """Return what stands out of the window to the right, and in no part that scrolls."""
    return page.evaluate(
        """() => {
          const scrolls = (part) => {
            for (let at = part; at && at.tagName !== "ARTICLE"; at = at.parentElement)
              if (getComputedStyle(at).overflowX.match(/auto|scroll/)) return true;
            return false;
          };
          return [...document.querySelectorAll("main :not(.headerlink)")]
            .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
            .filter((part) => part.checkVisibility() && !scrolls(part))
            .map((part) => part.outerHTML.slice(0, 150));
        }"""
    )
