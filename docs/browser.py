"""Pictures of messages, taken by Debian's Chromium: on a desk and on a phone, light and dark."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (1200, 390)
SCHEMES = ("light", "dark")
TALLEST = 2600
"""Pixels of a picture from above: below, a message goes on as it began."""


def pictures(pages: Sequence[Path], folder: Path) -> Iterator[str]:
    """A picture of each page at each width and scheme; a line says how tall it is and how far it sticks out of the screen."""
    with chromium() as browser:
        for width in WIDTHS:
            for scheme in SCHEMES:
                page = opened(browser, width, scheme)
                for path in pages:
                    height, wider = taken(page, path, folder / f"{path.stem}-{width}-{scheme}.png")
                    if scheme == "light":
                        yield f"{path.stem} {width}: {height} px tall" + (f", {wider} px too wide" if wider > 0 else "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, in its sandbox unless it runs for root, whom it has none for."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        sys.exit("No Chromium here: the pictures are as they were. Install it (make browser) and run again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


def opened(browser: Browser, width: int, scheme: str) -> Page:
    """A page of that width."""
    return browser.new_page(viewport={"width": width, "height": 844}, color_scheme="dark" if scheme == "dark" else "light")


def taken(page: Page, path: Path, target: Path, tallest: int = TALLEST) -> tuple[int, int]:
    """Take the picture; returns the height of the page and what is too wide."""
    page.goto(path.absolute().as_uri())
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    wider = int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
    size = page.viewport_size or {"width": 0, "height": 0}
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, tallest)}
    page.screenshot(path=target, full_page=True, clip=clip)
    return height, wider
