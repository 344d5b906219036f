"""Writes the table of docs/registries.md from what the sources declare. Run it by `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

from tracker import sources
from tracker.model.source import Searchable, SourceInfo, Versioned

PAGE = Path(__file__).parent / "registries.md"
BLOCK = re.compile(r"(<!-- sources begin -->\n).*?(<!-- sources end -->)", re.DOTALL)
HEAD = "| Source | What is read | How | Can be searched | Says how new its data are | Address |\n|---|---|---|---|---|---|\n"


def table() -> str:
    """One row per source, registries before the sites that republish them."""
    return HEAD + "".join(
        _row(source.info, searchable=isinstance(source, Searchable), versioned=isinstance(source, Versioned))
        for source in sources.load().values()
    )


def page(text: str) -> str:
    """The page with its table brought up to date."""
    return BLOCK.sub(lambda found: found[1] + table() + found[2], text)


def _row(info: SourceInfo, *, searchable: bool, versioned: bool) -> str:
    yes = {True: "yes", False: "no"}
    cells = (f"`{info.key}`", info.reads, info.access, yes[searchable], yes[versioned], f"`{info.address or info.base_url}`")
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
