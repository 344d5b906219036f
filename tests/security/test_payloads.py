"""Payloads made to do harm: each is read or refused with a sentence, in bounded time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.payloads import HTML_PAGES, PAYLOADS, STUDIES

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the system does not keep to a cap of memory")

ROOT = Path(__file__).parents[2]


READ = {
    *("a number of 400 digits", "a number just past 64 bit", "the same key twice", "a text of 15 MB", "a word of 1 MB"),
    *("names of fields like paths", "a name of a field of 1 MB", "backslashes", "entities in entities", "tags in tags"),
    *("marks on one letter", "criteria in one line", "criteria of one word", "an item wrapped 100,000 times"),
    "2,000 sites of one name",
}


def outcomes(sort: str, folder: Path) -> dict[str, str]:
    """What became of each payload in a process with caps: why it was refused, or an empty text."""
    said = folder / "said"
    with said.open("w") as out:
        command = [sys.executable, "-m", "tests.security.reader", sort]
        ended = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    found = dict(json.loads(line) for line in said.read_text().splitlines())
    left = [name for name in PAYLOADS[sort] if name not in found]
    assert not left, f"the reader ended with {ended.returncode} at {left[0]!r}: {ended.stderr[-2000:]}"
    return found


def test_a_hostile_study_is_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    found = outcomes("studies", tmp_path)
    assert {name for name, refused in found.items() if not refused} == READ
    for name in set(STUDIES) - READ:
        assert found[name].startswith("ctgov:NCT00000101: the answer "), name
        assert found[name].endswith("look at the address in a browser."), name
        assert len(found[name]) < 400, name


def test_a_hostile_page_is_read_or_refused_with_a_sentence(tmp_path: Path) -> None:
    found = outcomes("pages", tmp_path)
    for name in HTML_PAGES:
        refused = found[name]
        assert len(refused) < 1000, name
        assert not refused or ": the page " in refused, name
        if name.startswith(("a million nested blocks", "nested spans", "paragraphs under open formats", "tags without end")):
            assert "a heap of tags" in refused, name
        if name.startswith("20 MB"):
            assert "bytes, which no trial's page has" in refused, name
