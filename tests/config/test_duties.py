"""``[duties]``: good practice beside the law, where it is asked for."""

from __future__ import annotations

from tracker import sources
from tracker.archive.reader import READER, reader_of
from tracker.duties import GOOD_PRACTICE


def test_sources_are_judged_by_what_is_asked_for_too_and_by_nothing_more() -> None:
    plain, asked = sources.load(), sources.load(good_practice=True)
    assert list(asked) == list(plain)
    for key, source in asked.items():
        further = GOOD_PRACTICE if source.info.kind == "registry" else frozenset()
        assert source.info.duties - plain[key].info.duties == further, "what repeats a registry is not judged"
        assert isinstance(source, type(plain[key]))
    assert not plain["ctgov"].info.duties & GOOD_PRACTICE


def test_days_that_were_worked_out_by_other_rules_are_made_anew() -> None:
    plain = reader_of(source.info for source in sources.load().values())
    assert plain == READER
    assert reader_of([sources.load(good_practice=True)["ctgov"].info]) == f"{READER}/who_12_months"
