"""A page of CTRI as a record, saved as HTML or as text: what its labels say, up to where the text ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from tracker.extract import pages, who
from tracker.extract.read_log import ReadLog, guarded, layout_error, wrong_answer
from tracker.extract.saved_record import kept, record_of, status_of
from tracker.extract.sheet import Label, Sheet, beside, cells_of, refuse_unlabelled
from tracker.model import ids
from tracker.model.dates import RegistryDate
from tracker.model.record import Enrollment, Organisation, SecondaryId, TrialRecord
from tracker.model.source import Document, FileEntry, FileTrouble, Parsed

_PERSON = "a person, whom the registry's own page names"
_INDIA, _GLOBAL = "Recruitment Status of Trial (India)", "Recruitment Status of Trial (Global)"
_END: Final = "Publication Details"
_LEAST_LABELS = 3
_LONGEST_NUMBER_LINE = 400

STATUSES: Final = {
    "Not Yet Recruiting": "NOT_YET_RECRUITING",
    "Open to Recruitment": "RECRUITING",
    "Closed to Recruitment of Participants": "NOT_RECRUITING_UNSPECIFIED",
    "Completed": "COMPLETED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Other (Terminated)": "OTHER",
    "Not Applicable": None,
}
"""The registry's words for India and for the world. Whether a trial that is closed to recruitment goes on is not said."""

LABELS: Final = (
    Label("CTRI Number"),
    Label("Last Modified On"),
    Label("Post Graduate Thesis"),
    Label("Type of Trial"),
    Label("Type of Study"),
    Label("Study Design"),
    Label("Public Title of Study"),
    Label("Scientific Title of Study"),
    Label("Trial Acronym"),
    Label("Secondary IDs if Any"),
    Label("Details of Principal Investigator", ignored=_PERSON),
    Label("Details of Contact Person", ignored=_PERSON, many=True),
    Label("Source of Monetary or Material Support"),
    Label("Primary Sponsor"),
    Label("Primary Sponsor / Name", ("Name",), under="Primary Sponsor"),
    Label("Primary Sponsor / Address", ("Address",), under="Primary Sponsor"),
    Label("Primary Sponsor / Type of Sponsor", ("Type of Sponsor",), under="Primary Sponsor"),
    Label("Details of Secondary Sponsor"),
    Label("Countries of Recruitment"),
    Label("Sites of Study", ignored="places with their persons, in a table that was never at hand"),
    Label("Details of Ethics Committee", ignored="places with their persons, in a table that was never at hand"),
    Label("Regulatory Clearance Status from DCGI"),
    Label("Health Condition / Problems Studied"),
    Label("Intervention / Comparator Agent"),
    Label("Inclusion Criteria"),
    Label("Exclusion Criteria", ("ExclusionCriteria", "Exclusion Criteria")),
    Label("Method of Generating Random Sequence"),
    Label("Method of Concealment"),
    Label("Blinding/Masking"),
    Label("Primary Outcome"),
    Label("Secondary Outcome"),
    Label("Target Sample Size"),
    Label("Phase of Trial"),
    Label("Date of First Enrollment (India)"),
    Label("Date of Study Completion (India)"),
    Label("Date of First Enrollment (Global)"),
    Label("Date of Study Completion (Global)"),
    Label("Estimated Duration of Trial"),
    Label(_GLOBAL),
    Label(_INDIA),
    Label("Publication Details"),
    Label("Individual Participant Data (IPD) Sharing Statement"),
    Label("Brief Summary"),
)  # fmt: skip
"""The labels of a page in their order. The tables under the longer ones are kept as they stand: none was at hand whole."""

EXPECTED: Final = {
    "last_update_posted": "Last Modified On",
    "study_type": "Type of Trial",
    "brief_title": "Public Title of Study",
    "official_title": "Scientific Title of Study",
    "lead_sponsor": "Primary Sponsor / Name",
    "countries": "Countries of Recruitment",
    "enrollment": "Target Sample Size",
    "phases": "Phase of Trial",
    "start_date": "Date of First Enrollment (India)",
    "recruitment_status": _INDIA,
}
"""Fields of the record that every page has, and the label of each."""

_NUMBER = re.compile(r"CTRI\s*/\s*\d{4}\s*/\s*\d{2,3}\s*/\s*\d{6}")
_REGISTERED = re.compile(r"\[\s*Registered on\s*:\s*([^\]]*?)\s*\]\s*(.*)")
_SIZES = re.compile(r"(Total Sample Size|Final Enrollment numbers achieved \(Total\))\s*=\s*[\"“”']?\s*(\d{1,7})\b")
_ID_HEADS = frozenset({"Secondary ID", "Identifier", "Registry"})


def is_file(opening: bytes) -> bool:
    """Whether a file that begins like this is a page of CTRI."""
    return sniff(opening) is not None


def entries(file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The one trial of a page."""
    return record_of(file, sniff, "CTRI")


def sniff(body: bytes) -> str | None:
    """The key of the trial whose number stands beside its label."""
    number = _NUMBER.match(beside(cells_of(body), "CTRI Number"))
    found = ids.recognise(number[0]) if number else None
    return found.key if found else None


def parse(document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        pages.refuse_unreadable(document)
        key = sniff(document.body)
        if key is None:
            raise layout_error(document, "the label “CTRI Number” is not there, or no number stands beside it")
        if key != document.trial:
            raise wrong_answer(document, f"the page is of {key.partition(':')[2]}")
        log = ReadLog({})
        sheet = Sheet(cells_of(document.body, document.content_type), LABELS, log, _END)
        refuse_unlabelled(document, sheet, _LEAST_LABELS, "CTRI")
        return log.parsed(_record(document, sheet, log))


def _record(document: Document, sheet: Sheet, log: ReadLog) -> TrialRecord:
    sheet.expect(EXPECTED)
    status, given = _status(sheet, log)
    start, end = (_day(sheet, log, f"Date of {what}") for what in ("First Enrollment", "Study Completion"))
    kept(log, "Type of Study", " ".join(sheet.cells("Type of Study")))
    record = TrialRecord(
        trial=document.trial,
        secondary_ids=_secondary_ids(sheet, log),
        first_posted=_registered(sheet, log),
        last_update_posted=sheet.day("Last Modified On"),
        brief_title=sheet.line("Public Title of Study"),
        official_title=sheet.line("Scientific Title of Study"),
        acronym=sheet.line("Trial Acronym"),
        recruitment_status=status,
        recruitment_status_as_given=given,
        start_date=start,
        completion_date=end,
        lead_sponsor=_named(sheet.line("Primary Sponsor / Name")),
        study_type=sheet.study_type("Type of Trial"),
        phases=sheet.read("Phase of Trial", who.phases),
        enrollment=_enrollment(sheet, log),
        countries=tuple(sheet.cells("Countries of Recruitment")) or None,
    )
    sheet.close()
    return record


def _registered(sheet: Sheet, log: ReadLog) -> RegistryDate | None:
    """The day in brackets behind the number; what stands after it is kept."""
    text = " ".join(sheet.cells("CTRI Number"))[:_LONGEST_NUMBER_LINE]
    found = _REGISTERED.search(text)
    if found is None:
        log.note("missing_shape", "first_posted", "no day of registration stands behind the number")
        return None
    if found[2]:
        log.keep("registration", found[2])
    day = who.day(found[1])
    if isinstance(day, who.Unread):
        log.note("unreadable_date", "CTRI Number", found[1])
        return RegistryDate(found[1])
    return day


def _status(sheet: Sheet, log: ReadLog) -> tuple[str | None, str | None]:
    """The trial's status: the one of India and of the world where they are one; else `OTHER`, with both words."""
    words = {place: sheet.word(label, STATUSES) or "" for place, label in (("India", _INDIA), ("Global", _GLOBAL))}
    read = {place: status_of(log, "recruitment_status", word, STATUSES) for place, word in words.items()}
    if sheet.is_cut and not words["India"]:
        return None, None
    said = {found for found in read.values() if found[0]}
    if len(said) == 1:
        return said.pop()
    if not said:
        return None, words["India"] or words["Global"] or None
    return "OTHER", "; ".join(f"{place}: {word}" for place, word in words.items())


def _day(sheet: Sheet, log: ReadLog, label: str) -> RegistryDate | None:
    """The day anywhere in the world, else the one in India, which is kept beside another one."""
    india, anywhere = (sheet.day(f"{label} ({place})") for place in ("India", "Global"))
    if india and anywhere and india != anywhere:
        log.keep(sheet.place(f"{label} (India)"), india.date)
    return anywhere or india


def _enrollment(sheet: Sheet, log: ReadLog) -> Enrollment | None:
    """The number that was reached, which is kept beside the planned one; else the planned one."""
    given = " ".join(sheet.cells("Target Sample Size"))
    sizes = {name: int(number) for name, number in _SIZES.findall(given)}
    planned, reached = sizes.get("Total Sample Size"), sizes.get("Final Enrollment numbers achieved (Total)")
    if given and (planned is None or reached):
        log.keep("enrollment", given)
    if given and planned is None:
        log.note("unreadable_value", "enrollment", given)
    if reached:
        return Enrollment(count=reached, type="ACTUAL")
    return Enrollment(count=planned) if planned is not None else None


def _secondary_ids(sheet: Sheet, log: ReadLog) -> tuple[SecondaryId, ...] | None:
    """Rows of a number and what it is of; cells that do not come in pairs cannot be told apart, and are kept."""
    label = "Secondary IDs if Any"
    cells = sheet.cells(label)
    while cells and (cells[0] in _ID_HEADS or cells[0].split(" ", 2)[:2] == ["Secondary", "ID"]):
        cells = cells[1:]
    if not cells or all(who.says_nothing(word) for cell in cells for word in cell.split()):
        return None
    if len(cells) % 2:
        log.note("unreadable_value", label, " / ".join(cells))
        log.keep(label, cells)
        return None
    return tuple(_secondary_id(cells[at : at + 2]) for at in range(0, len(cells), 2) if not who.says_nothing(cells[at])) or None


def _secondary_id(row: Sequence[str]) -> SecondaryId:
    kind = "REGISTRY" if ids.recognise(row[0]) else None
    return SecondaryId(id=row[0], type=kind, domain=None if who.says_nothing(row[1]) else row[1])


def _named(name: str | None) -> Organisation | None:
    return Organisation(name=name) if name else None
