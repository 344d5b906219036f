"""A page of a trial, saved as HTML or text: what its labels say, up to where the text ends."""

from __future__ import annotations

from tracker.extract import pages, who
from tracker.extract.read_log import ReadLog
from tracker.extract.saved_record import kept, status_of
from tracker.extract.sheet import Sheet, cells_of, refuse_unlabelled
from tracker.model import ids
from tracker.model.record import SecondaryId, TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.anzctr.words import END, EXPECTED, LABELS, STATUSES

_LEAST_LABELS = 4
_SHORTEST_OWN_NUMBER = 5  # digits


def parsed(document: Document) -> Parsed:
    """The record of one trial."""
    pages.refuse_unreadable(document)
    log = ReadLog({})
    sheet = Sheet(cells_of(document.body, document.content_type), LABELS, log, END)
    refuse_unlabelled(document, sheet, _LEAST_LABELS, "ANZCTR")
    sheet.expect(EXPECTED)
    status, given = status_of(log, "recruitment_status", sheet.word("Recruitment status", STATUSES), STATUSES)
    conditions = map(_without_own_numbers, sheet.cells("Health condition(s) or problem(s) studied"))
    kept(log, "Condition code", [code for cell in sheet.cells("Condition code") if (code := _without_own_numbers(cell))])
    sheet.cells("Registration number")
    record = TrialRecord(
        trial=document.trial,
        secondary_ids=_secondary_ids(sheet),
        brief_title=sheet.line("Public title"),
        official_title=sheet.line("Scientific title"),
        acronym=sheet.line("Trial acronym"),
        recruitment_status=status,
        recruitment_status_as_given=given,
        first_posted=sheet.day("Date registered"),
        last_update_posted=sheet.day("Date last updated"),
        conditions=tuple(dict.fromkeys(text for text in conditions if not who.says_nothing(text))) or None,
        study_type=sheet.study_type("Study type"),
        phases=sheet.read("Phase", who.phases),
    )
    sheet.close()
    return log.parsed(record)


def _secondary_ids(sheet: Sheet) -> tuple[SecondaryId, ...] | None:
    universal = sheet.line("Universal Trial Number (UTN)")
    numbers = [_without_own_numbers(cell) for cells in sheet.each("Secondary ID") for cell in cells]
    found = dict.fromkeys(number for number in (*numbers, universal or "") if not who.says_nothing(number))
    return tuple(SecondaryId(id=one, type="REGISTRY" if ids.recognise(one) else None) for one in found) or None


def _without_own_numbers(cell: str) -> str:
    """A value without the numbers of the page's own lines, which texts of it show behind the value: 329869 329869 0 0."""
    words = cell.split()
    end = next((at for at in range(len(words), 0, -1) if not words[at - 1].isdecimal()), 0)
    is_own = len(words) - end > 1 and len(words[end]) >= _SHORTEST_OWN_NUMBER
    return " ".join(words[:end]) if is_own else cell
