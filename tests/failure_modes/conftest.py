"""The world in which others' failures are tried again: two trials, followed by one watch that sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetch.conftest import certificate as certificate
from tests.fetch.conftest import trusted as trusted
from tests.world import SENDS, Study, World, study

A, B = "NCT00000101", "NCT00000102"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def studies(count: int) -> dict[str, Study | bytes]:
    """So many plain studies, by number."""
    return {nct: study(nct) for nct in (f"NCT0001{n:04}" for n in range(count))}


def texts(world: World, who: str = "me") -> list[str]:
    """What somebody was mailed: the plain texts, in order, each on one line."""
    return [
        " ".join(letter.message.get_body(("plain",)).get_content().split()) for letter in world.mailbox.to(f"{who}@example.org")
    ]
