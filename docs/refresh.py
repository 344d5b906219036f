"""Refreshes the output of the demo in docs/demo.md and the pictures of messages. Run it by `make pictures`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from playwright.sync_api import Browser

from docs.browser import chromium, opened, taken
from docs.messages import made, written

ROOT = Path(__file__).parent.parent
FOLDER = "demo-output"
BLOCK = re.compile(r"(<!-- demo begins -->\n```\n).*?(```\n<!-- demo ends -->)", re.DOTALL)
PICTURES = ROOT / "docs" / "pictures"
SCENARIOS = ("digests", "by-group", "near", "duty", "operator")


class Shot(msgspec.Struct, frozen=True):
    """A picture: its name, the message it is of, its width and scheme, and how much of the message it shows."""

    name: str
    message: str
    width: int
    scheme: str
    height: int = 1000


DEMO = Shot("digest", "", 720, "light", 402)
SHOTS = (
    Shot("welcome-phone", "welcome-small", 390, "light"),
    Shot("alert-phone", "alert-near", 390, "light"),
    Shot("alert-phone-dark", "alert-near", 390, "dark"),
    Shot("digest-phone", "digest-severity", 390, "light"),
    Shot("digest-phone-dark", "digest-severity", 390, "dark"),
    Shot("digest-desk", "digest-severity", 1200, "light", 760),
    Shot("groups-desk-dark", "digest-group-full", 1200, "dark", 760),
    Shot("results-desk", "results-duty", 1200, "light", 760),
    Shot("operator-desk-dark", "operator-trouble", 1200, "dark", 560),
)


def demo(place: Path) -> str:
    """The demo's output as a user sees it in a pipe in this folder, where it leaves its database and mails."""
    command = [sys.executable, "-m", "tracker", "demo", "--folder", FOLDER]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout


def refreshed(text: str, output: str) -> str:
    """The page with its demo block brought up to date."""
    shown = "\n".join(line.rstrip() for line in output.splitlines()) + "\n"
    return BLOCK.sub(lambda found: found[1] + shown + found[2], text)


def pictured(shot: Shot, page: Path, browser: Browser) -> None:
    """Take one of the pictures of the documentation."""
    opened_page = opened(browser, shot.width, shot.scheme)
    taken(opened_page, page, PICTURES / f"{shot.name}.png", shot.height)
    opened_page.close()


def main() -> None:
    """Rewrite the block of docs/demo.md and take the pictures."""
    path = ROOT / "docs" / "demo.md"
    shutil.rmtree(ROOT / FOLDER, ignore_errors=True)
    path.write_text(refreshed(path.read_text(encoding="utf-8"), demo(ROOT)), encoding="utf-8")
    digest = sorted((ROOT / FOLDER).glob("mail-*-newsroom.html"))[-2]
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        pictured(DEMO, digest, browser)
        pages = {name: written(Path(place), name, mail)[0] for name, mail in made(SCENARIOS)}
        for shot in SHOTS:
            pictured(shot, pages[shot.message], browser)


if __name__ == "__main__":
    main()
