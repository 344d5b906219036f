"""An English page of a trial as a record: rows of a label and its value, some under the heading of a site, arm or outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from tracker.extract import pages, who
from tracker.extract.blocks import read_lines
from tracker.extract.read_log import ReadLog, layout_error
from tracker.extract.saved_record import by_table, kept, status_of, value_of
from tracker.model import ids
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Arm,
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
    Site,
    TrialRecord,
)
from tracker.model.source import Document, Parsed
from tracker.sources.cris import values
from tracker.sources.cris.words import ALLOCATIONS, ARM_TYPES, MASKINGS, MODELS, PURPOSES, SEXES, STATUSES, STUDY_TYPES
from tracker.text.clean import clean

NUMBER: Final = "CRIS Registration Number"
_GROUPS: Final = {
    "Recruitment Status by Participating Study Site": "site",
    "Source of Monetary/Material Support": "funder",
    "Sponsor Organization": "sponsor",
    "Arm": "arm",
    "Cohort/Group": "arm",
    "Primary Outcome(s)": "primary",
    "Secondary Outcome(s)": "secondary",
    "Institutional Review Board": "board",
    "Contact Person for Principal Investigator / Scientific Queries": "person",
    "Contact Person for Public Queries": "person",
    "Contact Person for Updating Information": "person",
}
"""Headings over rows that belong together, without the number behind them."""

_KEPT: Final = frozenset({
    "MFDS Regulated Study", "IND/IDE Protocol", "Healthcare Benefit Approval Status", "Board Approval Status",
    "Board Approval Number", "Approval Date", "Data Monitoring Committee", "Study Site", "Intervention Type",
    "Number of Arms", "Rare Disease", "Type of Primary Outcome", "Result Registerd", "Time of Sharing", "Way of Sharing",
    "Time Perspective", "Observational Study Model", "Cohort/Group Number", "Biospecimen Collection & Archiving",
    "Biospecimen Description", "Final Enrollment Number", "Number of Publication", "Publications", "Results Upload",
    "Date of Posting Results", "Protocol URL or File Upload", "Name of Registry/Registration Number",
    "Registered at Other Registry",
})  # fmt: skip
"""Labels of a page that a record does not model, or whose filled values were never at hand: compared as they are."""

_NUMBERED = re.compile(r"(?P<name>.*[^\d ]) ?\d{1,3}\Z")


class _Row(NamedTuple):
    """A row of a table: its labels, outermost first, and the lines of its value."""

    labels: tuple[str, ...]
    value: tuple[str, ...]


def rows_of(body: bytes, content_type: str = "") -> Iterator[_Row]:
    """The rows of the page's tables that begin with a label."""
    lines = (line for line in read_lines(body, content_type) if line.row)
    for _, row in groupby(lines, key=lambda line: line.row):
        cells = [(part, list(held)) for (part, _), held in groupby(row, key=lambda line: (line.part, line.column))]
        labels = tuple(" ".join(line.text for line in held).removeprefix("- ") for part, held in cells if part == "th")
        value = tuple(line.marked for part, held in cells if part != "th" for line in held)
        if labels:
            yield _Row(labels, value)


def number_of(body: bytes) -> str:
    """The trial's number beside its label; empty where a page has none."""
    return next((" ".join(row.value) for row in rows_of(body) if row.labels[-1] == NUMBER), "")


def parsed(document: Document) -> Parsed:
    """The record of one trial."""
    pages.refuse_unreadable(document)
    log = ReadLog({})
    return log.parsed(_Page(document, list(rows_of(document.body, document.content_type)), log).record())


class _Page:
    """One page being read: values by label, and groups of such values in their order."""

    def __init__(self, document: Document, rows: Sequence[_Row], log: ReadLog) -> None:
        self._document, self._log = document, log
        self._values: dict[str, str] = {}
        self._groups: list[tuple[str, dict[str, str]]] = []
        inside: dict[str, str] | None = None
        for labels, value in rows:
            group = _group(labels[0])
            if group and (len(labels) > 1 or not value):
                if not self._groups or len(labels) == 1 or labels[0] != self._last:
                    inside = {}
                    self._groups.append((group, inside))
                self._last = labels[0]
                if len(labels) == 1:
                    continue
            in_group = inside is not None and labels[-1] in _IN_GROUPS
            inside = inside if in_group else None
            (inside if inside is not None else self._values)[labels[-1]] = "\n".join(value)

    _last = ""

    def record(self) -> TrialRecord:
        """All that is read."""
        log = self._log
        brief, official = self._text("Public/Brief Title"), self._text("Scientific Title")
        if not (brief or official):
            raise layout_error(self._document, "its titles are not there")
        self._take(NUMBER)
        status, given = self._status()
        number = values.size(log, "Target Number of Participant", self._take("Target Number of Participant"))
        made = TrialRecord(
            trial=self._document.trial,
            secondary_ids=self._secondary_ids(),
            brief_title=brief,
            official_title=official,
            acronym=self._text("Acronym"),
            recruitment_status=status,
            recruitment_status_as_given=given,
            start_date=self._day("Date of First Enrollment"),
            primary_completion_date=self._day("Primary Completion Date"),
            completion_date=self._day("Study Completion Date"),
            lead_sponsor=_joined(self._names("sponsor")),
            funders=tuple(Organisation(name=name) for name in self._names("funder")) or None,
            brief_summary=self._text("Lay Summary"),
            conditions=self._conditions(),
            study_type=self._word("Study Type", STUDY_TYPES),
            phases=values.phases(log, "Phase", self._take("Phase")),
            allocation=self._word("Allocation", ALLOCATIONS),
            intervention_model=self._word("Intervention Model", MODELS),
            primary_purpose=self._word("Study Purpose", PURPOSES),
            masking=self._word("Blinding/Masking", MASKINGS),
            enrollment=None if number is None else Enrollment(count=number),
            arms=self._arms(),
            interventions=self._interventions(),
            primary_outcomes=self._outcomes("primary"),
            secondary_outcomes=self._outcomes("secondary"),
            eligibility=self._eligibility(),
            sites=self._sites(),
            ipd_sharing=self._ipd(),
        )
        self._rest()
        return made

    def _take(self, label: str) -> str:
        return self._values.pop(label, "")

    def _text(self, label: str) -> str | None:
        text = clean(self._take(label))
        return None if who.says_nothing(text) else text

    def _word(self, label: str, words: dict[str, str]) -> str | None:
        return values.word(self._log, label, self._take(label), words)

    def _day(self, label: str) -> RegistryDate | None:
        return values.day(self._log, label, " ".join(self._take(label).split()))

    def _status(self) -> tuple[str | None, str | None]:
        label = "Overall Recruitment Status"
        given = self._text(label)
        if given is None:
            self._log.note("missing_shape", "recruitment_status", f"there is no label “{label}”, or nothing beside it")
        return status_of(self._log, label, given, STATUSES)

    def _secondary_ids(self) -> tuple[SecondaryId, ...] | None:
        own = self._text("Unique Protocol ID")
        found = [SecondaryId(id=own, type="ORG_STUDY_ID")] if own else []
        other = self._values.get("Name of Registry/Registration Number", "")
        for text in re.split(r"[\s,;:()]+", other):
            if known := ids.recognise(text):
                found.append(SecondaryId(id=known.number, type="REGISTRY"))
        return tuple(found) or None

    def _conditions(self) -> tuple[str, ...] | None:
        lines = self._take("Condition(s)/Problem(s)").splitlines()
        return tuple(text for line in lines if not who.says_nothing(text := line.lstrip("* ").strip())) or None

    def _grouped(self, kind: str) -> list[dict[str, str]]:
        """The groups of a kind, taken."""
        found = [values for group, values in self._groups if group == kind]
        self._groups = [one for one in self._groups if one[0] != kind]
        return found

    def _names(self, kind: str) -> list[str]:
        """The names of organisations; what else is said of each is kept under it."""
        found = []
        for group in self._grouped(kind):
            name = clean(group.pop("Organization Name", ""))
            if not who.says_nothing(name):
                found.append(name)
                self._log.keep(kind, {label: clean(text) for label, text in group.items() if text}, name)
        return found

    def _arms(self) -> tuple[Arm, ...] | None:
        found = []
        for group in self._grouped("arm"):
            label = group.pop("Arm Label", "") or group.pop("Cohort/Group Label", "")
            text = group.pop("Arm Description", "") or group.pop("Cohort/Group Description", "")
            kind = values.word(self._log, "Arm Type", group.pop("Arm Type", ""), ARM_TYPES)
            found.append(Arm(label=clean(label) or "?", type=kind, description=clean(text) or None))
            self._log.keep("arm", {name: clean(more) for name, more in group.items() if more}, found[-1].label)
        return tuple(found) or None

    def _interventions(self) -> tuple[Intervention, ...] | None:
        text = self._text("Intervention Description")
        return (Intervention(name=text),) if text else None

    def _outcomes(self, kind: str) -> tuple[OutcomeMeasure, ...] | None:
        found = []
        for group in self._grouped(kind):
            measure, when = clean(group.get("Outcome", "")), clean(group.get("Timepoint", ""))
            if not who.says_nothing(measure):
                found.append(OutcomeMeasure(measure=measure, time_frame=when or None))
        return tuple(found) or None

    def _eligibility(self) -> Eligibility | None:
        low, high = values.ages(self._log, "Age", self._take("Age"))
        healthy = self._word("Healthy Volunteers", {"Yes": "Yes", "No": "No"})
        found = Eligibility(
            criteria=who.both_criteria(self._take("Description"), self._take("Exclusion Criteria")),
            minimum_age=low,
            maximum_age=high,
            sex=self._word("Gender", SEXES),
            healthy_volunteers={"Yes": True, "No": False}.get(healthy or ""),
        )
        return None if found == Eligibility() else found

    def _sites(self) -> tuple[Site, ...] | None:
        """Places with the status of each by its words; a word that is not known is told and kept."""
        found = []
        for group in self._grouped("site"):
            name = clean(group.get("Name of Study Site", "")) or None
            path = "Recruitment Status by Participating Study Site"
            status = value_of(self._log, path, clean(group.get("Recruitment Status", "")), by_table(STATUSES))
            found.append(Site(facility=name, recruitment_status=status))
            self._log.keep(
                "first enrollment of a site", " ".join(group.get("Date of First Enrollment", "").split()), name or "?"
            )
        return tuple(found) or None

    def _ipd(self) -> IpdSharing | None:
        text = self._text("Sharing Statement")
        return IpdSharing(description=text) if text else None

    def _rest(self) -> None:
        """What is kept by name; persons and the addresses of boards are left out, and any other label is told."""
        for label, text in self._values.items():
            if text and label not in _KEPT:
                self._log.note("unknown_field", label, text)
            kept(self._log, label, clean(text))


_IN_GROUPS: Final = frozenset({
    "Name", "Title", "Telephone", "Cell Phone", "Fax", "E-mail", "Affiliation", "Address", "Name of Study Site",
    "Recruitment Status", "Date of First Enrollment", "Organization Name", "Organization Type", "Project ID",
    "Arm Label", "Target Number of Participant", "Arm Type", "Arm Description", "Cohort/Group Label",
    "Cohort/Group Description", "Outcome", "Timepoint",
})  # fmt: skip
"""Labels of rows under a heading; any other label ends the group."""


def _group(label: str) -> str | None:
    """The kind of group that a heading opens."""
    numbered = _NUMBERED.match(label)
    return _GROUPS.get(label) or (_GROUPS.get(numbered["name"]) if numbered else None)


def _joined(names: list[str]) -> Organisation | None:
    """Sponsors in one line: the registry does not say which of them leads."""
    return Organisation(name="; ".join(names)) if names else None
