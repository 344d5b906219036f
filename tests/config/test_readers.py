"""What a reader chooses: words, groups, messages of a watch's own; and what is said of what cannot be chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.loading import loaded, mistake
from tracker.model.watch import About, Send

WATCH = '[[channel]]\nname = "me"\nurl = "json://localhost"\n[[watch]]\nname = "lupus"\ntrials = ["NCT07177911"]\n'
SEND = '[[watch.send]]\nto = "me"\n'


def test_words_are_wanted_and_with_a_minus_unwanted(tmp_path: Path) -> None:
    (watch,) = loaded(tmp_path, f'{WATCH}about = ["Pembrolizumab", "non–small  cell", "-paediatric"]').watches
    assert watch.about == About(words=("pembrolizumab", "non-small cell"), without=("paediatric",))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("[]", "This list is empty"),
        ('["-"]', 'about[0] (line 7): "-": This holds no word'),
        ('["a", "-A"]', "is wanted and unwanted at once"),
    ],
)
def test_words_that_are_none_are_mistakes(tmp_path: Path, given: str, expected: str) -> None:
    assert expected in mistake(tmp_path, f"{WATCH}about = {given}")


def test_messages_of_a_watchs_own_are_asked_for_with_a_send(tmp_path: Path) -> None:
    (watch,) = loaded(tmp_path, f"{WATCH}{SEND}separate = true\n{SEND}").watches
    assert watch.send == (Send(to="me", separate=True), Send(to="me"))


def test_an_unknown_way_of_grouping_names_those_there_are(tmp_path: Path) -> None:
    assert "is not one of severity, watch, group" in mistake(tmp_path, f'{WATCH}[digest]\ngroup = "company"')
    assert loaded(tmp_path, f'{WATCH}[digest]\ngroup = "watch"').digest.group == "watch"
