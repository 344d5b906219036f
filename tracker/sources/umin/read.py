"""A page of UMIN-CTR as a record: saved as HTML, as text of either layout, or as its labels and values in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from tracker.extract import pages, who
from tracker.extract.json_reader import sniff_object
from tracker.extract.read_log import ReadLog, guarded, layout_error, wrong_answer
from tracker.extract.saved_record import by_table, record_of, status_of
from tracker.extract.sheet import Sheet, beside, cells_of, refuse_unlabelled
from tracker.extract.who import Unread
from tracker.model import ids
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
    TrialRecord,
)
from tracker.model.source import CUT_TEXT, Document, FileEntry, FileTrouble, Parsed
from tracker.sources.umin.words import (
    BLINDINGS,
    DESIGNS,
    END,
    EXPECTED,
    KEPT_DAYS,
    LABELS,
    RANDOMIZATIONS,
    STATUSES,
    TOP,
)

_LEAST_LABELS = 4
_UNIQUE: Final = "Unique ID issued by UMIN"
_NUMBER = re.compile(r"UMIN\d{9}\b")
_SPELT_DAY = re.compile(r"(\d{4}) Year (?:(\d{1,2}) Month(?: (\d{1,2}) Day)?)?\Z")
_WHO_IS_ASKED = re.compile(r" ?\(outpatients [a-z ]+\)\Z")
_BOILERPLATE = (
    "* This page includes information on clinical trials",
    "* We don't aim to advertise certain products",
    "* We don’t aim to advertise certain products",
)
_ID_LABELS = tuple(
    f"Secondary IDs / {label}_{number}" for number in (1, 2) for label in ("Study ID", "Org. issuing International ID")
)
_PAGE = {"source_url": "", "recptno": "", "fetched_at_utc": ""}
"""What a saved page in JSON says of itself."""


def is_file(opening: bytes) -> bool:
    """Whether a file that begins like this is a page of UMIN-CTR."""
    if opening.lstrip()[:1] == b"{":
        return re.search(rb'"Unique ID issued by UMIN"\s*:', opening) is not None
    return sniff(opening) is not None


def entries(file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
    """The one trial of a page."""
    return record_of(file, sniff, "UMIN-CTR")


def sniff(body: bytes) -> str | None:
    """The key of the trial whose number stands beside its label."""
    if body.lstrip()[:1] == b"{":
        meta = sniff_object(body).get("meta")
        return _key(str(meta.get(_UNIQUE, ""))) if isinstance(meta, dict) else None
    return _key(beside(cells_of(body), _UNIQUE))


def _key(text: str) -> str | None:
    number = _NUMBER.match(text)
    return f"umin:{number[0]}" if number else None


def parse(document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        pages.refuse_unreadable(document)
        key = sniff(document.body)
        if key is None:
            raise layout_error(document, f"the label “{_UNIQUE}” is not there, or no number stands beside it")
        if key != document.trial:
            raise wrong_answer(document, f"the page is of {key.partition(':')[2]}")
        log = ReadLog({})
        sheet = _sheet(document, log)
        refuse_unlabelled(document, sheet, _LEAST_LABELS, "UMIN-CTR")
        return log.parsed(_record(document, sheet, log))


def _sheet(document: Document, log: ReadLog) -> Sheet:
    if document.body.lstrip()[:1] == b"{":
        return Sheet.of_values(_told_apart(sniff_object(document.body), log), LABELS, log)
    cells = [cell for cell in cells_of(document.body, document.content_type) if not cell.text.startswith(_BOILERPLATE)]
    return Sheet(cells, LABELS, log, END)


def _told_apart(page: dict[str, Any], log: ReadLog) -> dict[str, str]:
    """The values of a page in JSON by the names of their labels; any other value is told and kept."""
    sections = page.get("sections")
    parts = {TOP: page.get("meta"), **(sections if isinstance(sections, dict) else {})}
    names = {f"{label.name.partition(' / ')[0]} / {spelt}": label.name for label in LABELS for spelt in label.spelt}
    found: dict[str, str] = {}
    for section, values in parts.items():
        for label, value in values.items() if isinstance(values, dict) else [("", values)]:
            name = names.get(f"{section} / {label}")
            if name and isinstance(value, str):
                found[name] = value
            elif value not in (None, "", [], {}):
                log.note("unknown_field", f"{section} / {label}", value)
                log.keep(f"{section} / {label}", value)
    for name, value in page.items():
        if name not in ("meta", "sections") and name not in _PAGE:
            log.note("unknown_field", name, value)
            log.keep(name, value)
    return found


def _record(document: Document, sheet: Sheet, log: ReadLog) -> TrialRecord:
    sheet.expect(EXPECTED)
    status, given = _status(sheet, log)
    top, basic = sheet.line("top / Scientific Title"), sheet.line("Basic information / Scientific Title")
    top_day, later_day = _day(sheet, "top / Last modified on"), _day(sheet, "Management information / Last modified on")
    disclosed = "Date of disclosure of the study information"
    first, again = (_day(sheet, f"{place} / {disclosed}") for place in ("top", "Other administrative information"))
    sheet.cells(f"top / {_UNIQUE}")
    for name in KEPT_DAYS:
        if day := _day(sheet, name):
            log.keep(name, day.date)
    record = TrialRecord(
        trial=document.trial,
        secondary_ids=_secondary_ids(sheet),
        brief_title=sheet.line("Basic information / Public title"),
        official_title=top or basic,
        acronym=sheet.line("Basic information / Acronym"),
        recruitment_status=status,
        recruitment_status_as_given=given,
        first_posted=first or again,
        last_update_posted=top_day or later_day,
        start_date=_day(sheet, "Progress / Anticipated trial start date", "ESTIMATED"),
        results_first_posted=_day(sheet, "Result / Results date posted"),
        lead_sponsor=_named(sheet.line("Sponsor / Institute")),
        conditions=_conditions(sheet),
        study_type=sheet.study_type("Base / Study type"),
        phases=sheet.read("Objectives / Developmental phase", who.phases),
        allocation=sheet.read("Study design / Randomization", by_table(RANDOMIZATIONS)),
        intervention_model=sheet.read("Study design / Basic design", by_table(DESIGNS)),
        masking=sheet.read("Study design / Blinding", by_table(BLINDINGS)),
        enrollment=_enrollment(sheet, log),
        interventions=_interventions(sheet),
        primary_outcomes=_outcomes(sheet, "Assessment / Primary outcomes"),
        secondary_outcomes=_outcomes(sheet, "Assessment / Key secondary outcomes"),
        eligibility=_eligibility(sheet),
    )
    sheet.close()
    return record


def _status(sheet: Sheet, log: ReadLog) -> tuple[str | None, str | None]:
    """The status, which the older layout has at the top and the newer one near the end; two that differ are no status."""
    if not sheet.has("top / Recruitment status") and not sheet.has("Progress / Recruitment status"):
        where = f"the text ends at “{sheet.last}”, before “Recruitment status”"
        log.note(*((CUT_TEXT, "recruitment_status", where) if sheet.is_cut else ("missing_shape", "recruitment_status", "")))
        return None, None
    words = [sheet.word(f"{place} / Recruitment status", STATUSES) for place in ("top", "Progress")]
    said = list(dict.fromkeys(_WHO_IS_ASKED.sub("", word) for word in words if word))
    if len(said) > 1:
        log.note("unreadable_value", "recruitment_status", "; ".join(said))
        return "OTHER", "; ".join(said)
    return status_of(log, "recruitment_status", said[0] if said else None, STATUSES)


def _day(sheet: Sheet, name: str, kind: str | None = None) -> RegistryDate | None:
    """A date, which the table spells out: 2015 Year 10 Month 14 Day."""

    def read(given: str) -> RegistryDate | Unread | None:
        if spelt := _SPELT_DAY.match(given):
            return who.day("-".join(part.zfill(2) for part in spelt.groups() if part))
        return who.day(given)

    found = sheet.read(name, read, "unreadable_date")
    return RegistryDate(found.date, kind) if found else None


def _conditions(sheet: Sheet) -> tuple[str, ...] | None:
    """The condition. A text that says its heading and its label in one line has it under the heading."""
    found = sheet.cells("Condition / Condition") or sheet.cells("Condition (heading)")
    return tuple(dict.fromkeys(text for text in found if not who.says_nothing(text))) or None


def _enrollment(sheet: Sheet, log: ReadLog) -> Enrollment | None:
    """The number of participants that were enrolled, with the planned one kept beside it; else the planned one."""
    planned = sheet.read("Eligibility / Target sample size", who.size)
    reached = sheet.read("Result / Number of participants that the trial has enrolled", lambda text: who.size(text, "ACTUAL"))
    if planned and reached:
        log.keep("enrollment", planned.count)
    return reached or planned


def _interventions(sheet: Sheet) -> tuple[Intervention, ...] | None:
    labels = [f"Intervention / Interventions/Control_{number}" for number in range(1, 11)]
    names = [sheet.text(label) for label in labels] if sheet.goes_beyond(*labels) else []
    return tuple(Intervention(name=name) for name in names if name) or None


def _outcomes(sheet: Sheet, name: str) -> tuple[OutcomeMeasure, ...] | None:
    text = sheet.text(name)
    return (OutcomeMeasure(measure=text),) if text else None


def _eligibility(sheet: Sheet) -> Eligibility | None:
    labels = ("Eligibility / Key inclusion criteria", "Eligibility / Key exclusion criteria")
    inclusion, exclusion = (sheet.text(one) or "" for one in labels) if sheet.goes_beyond(*labels) else ("", "")
    found = Eligibility(
        criteria=who.both_criteria(inclusion, exclusion),
        minimum_age=sheet.read("Eligibility / Age-lower limit", lambda text: who.age(text.removesuffix("<=").strip())),
        maximum_age=sheet.read("Eligibility / Age-upper limit", lambda text: who.age(text.removesuffix(">=").strip())),
        sex=sheet.read("Eligibility / Gender", who.sex),
    )
    return None if found == Eligibility() else found


def _secondary_ids(sheet: Sheet) -> tuple[SecondaryId, ...] | None:
    found = []
    for number in (1, 2) if sheet.goes_beyond(*_ID_LABELS) else ():
        one = sheet.line(f"Secondary IDs / Study ID_{number}")
        issuer = sheet.line(f"Secondary IDs / Org. issuing International ID_{number}")
        if one:
            found.append(SecondaryId(id=one, type="REGISTRY" if ids.recognise(one) else None, domain=issuer))
    return tuple(found) or None


def _named(name: str | None) -> Organisation | None:
    return Organisation(name=name) if name else None
