"""Refreshes the output of the demo in docs/demo.md and the picture of its digest. Run it by `make pictures`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = "demo-output"
BLOCK = re.compile(r"(<!-- demo begins -->\n```\n).*?(```\n<!-- demo ends -->)", re.DOTALL)
PICTURE_SIZE = "720,402"


def demo(place: Path) -> str:
    """The demo's output as a user sees it in a pipe in this folder, where it leaves its database and mails."""
    command = [sys.executable, "-m", "tracker", "demo", "--folder", FOLDER]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout


def refreshed(text: str, output: str) -> str:
    """The page with its demo block brought up to date."""
    shown = "\n".join(line.rstrip() for line in output.splitlines()) + "\n"
    return BLOCK.sub(lambda found: found[1] + shown + found[2], text)


def picture(page: Path, target: Path) -> bool:
    """A picture of a page, taken by Chromium; False where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        options += ["--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars"]
        options += [f"--user-data-dir={profile}", f"--screenshot={target}", f"--window-size={PICTURE_SIZE}"]
        subprocess.run([browser, *options, page.as_uri()], capture_output=True, check=True, timeout=120)
    return True


def main() -> None:
    """Rewrite the block of docs/demo.md and take the picture."""
    path = ROOT / "docs" / "demo.md"
    shutil.rmtree(ROOT / FOLDER, ignore_errors=True)
    path.write_text(refreshed(path.read_text(encoding="utf-8"), demo(ROOT)), encoding="utf-8")
    digest = sorted((ROOT / FOLDER).glob("mail-*-newsroom.html"))[-2]
    if not picture(digest, ROOT / "docs" / "pictures" / "digest.png"):
        sys.exit("No Chromium here: the picture is as it was. Install it and run again.")


if __name__ == "__main__":
    main()
