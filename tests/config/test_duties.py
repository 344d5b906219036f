"""``[duties]``: good practice beside the law, where it is asked for."""

from __future__ import annotations

from tracker import sources
from tracker.archive.reader import READER, reader_of
from tracker.duties import GOOD_PRACTICE


def test_sources_are_judged_by_what_is_asked_for_too_and_by_nothing_more() -> None:
    plain, asked = sources.load(), sources.judged_also_by(GOOD_PRACTICE)
    assert list(asked) == list(plain)
    for key, source in asked.items():
        assert source.info.duties - plain[key].info.duties == GOOD_PRACTICE
        assert isinstance(source, type(plain[key]))
    assert sources.judged_also_by(frozenset()) is plain


def test_days_that_were_worked_out_by_other_rules_are_made_anew() -> None:
    plain = reader_of(source.info for source in sources.load().values())
    assert plain == READER
    assert reader_of([sources.judged_also_by(GOOD_PRACTICE)["ctgov"].info]) == f"{READER}/who_12_months"
