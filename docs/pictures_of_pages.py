"""Takes the pictures of the pages in docs/pages.md and the README, from the demo. Run it by `make pictures`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parent / "pictures"
TRIAL = "/trials/ctgov:NCT09900002"
PAGES = {
    "page-latest": "/",
    "page-story": "story",
    "page-trial": TRIAL,
    "page-compare": "/trials/ctgov:NCT07177911/compare",
    "page-watch": "/watches/lupus",
    "page-deadlines": "/deadlines",
}
"""The name of each picture, and the page that it shows; ``story`` is the first one of the latest changes."""
WIDTH, HEIGHT = 1000, 680


@contextmanager
def demo_served() -> Iterator[str]:
    """The address of the demo's pages, while they are served."""
    program = [sys.executable, "-m", "tracker"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*program, "demo", "--folder", folder], capture_output=True, check=True)
        command = [*program, "--config", f"{folder}/config.toml", "serve", "--bind", "127.0.0.1:0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as serving:
            assert serving.stderr is not None
            found = next(found for line in serving.stderr if (found := re.search(r"http://\S+", line)))
            try:
                yield found[0].rstrip("/")
            finally:
                serving.terminate()


def main() -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("No Chromium here: the pictures are as they were. `make browser` installs it.")
    with demo_served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, path in PAGES.items():
            page.goto(f"{address}/")
            if path == "story":
                page.locator("article h3 a").first.click()
            else:
                page.goto(address + path)
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
