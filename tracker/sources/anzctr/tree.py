"""The registry's XML download of one trial as a record; what an element occurs once or several times in reads alike."""

from __future__ import annotations

from typing import Any, Final

from tracker.extract import who
from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import ReadLog, layout_error
from tracker.extract.saved_record import by_table, day_of, kept, status_of, value_of
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
from tracker.model.source import Document, Parsed
from tracker.sources.anzctr.words import ALLOCATIONS, ASSIGNMENTS, MASKINGS, PURPOSES, STATUSES

_LISTS: Final = frozenset({
    "healthcondition", "conditioncode", "primaryOutcome", "secondaryOutcome", "fundingsource", "secondarysponsor",
    "ethicscommitee", "contact", "recruitmentcountry", "recruitmentstate", "interventioncode",
})  # fmt: skip
"""Elements that may occur several times."""

_NO_LIMIT: Final = frozenset({"no limit", "not stated"})
_IGNORED: Final = {"@requestNumber": "the registry's own number of the record", "contacts": "persons"}
_KEPT: Final[dict[str, type[object]]] = {
    "stage": str,
    "submitdate": str,
    "attachment": object,
    "conditions.conditioncode": list,
    "interventions.comparator": str,
    "interventions.control": str,
    "interventions.interventioncode": list,
    "recruitment.anticipatedenddate": str,
    "recruitment.actualenddate": str,
    "recruitment.recruitmentstate": list,
    **{f"sponsorship.primarysponsor{what}": str for what in ("type", "address", "country")},
    **{f"ethicsAndSummary.{what}": str for what in ("trialwebsite", "publication", "ethicsreview", "publicnotes")},
    **{
        f"trial_design.{what}": str
        for what in (
            "concealment", "sequence", "designfeatures", "endpoint", "statisticalmethods", "masking1", "masking2", "masking3",
            "masking4", "patientregistry", "followup", "followuptype", "purposeobs", "duration", "selection", "timing",
        )
    },
}  # fmt: skip
"""Elements that a record does not model: compared as they are."""


def parsed(document: Document, found: dict[str, Any]) -> Parsed:
    """The record of one trial."""
    log = ReadLog(_IGNORED, _KEPT)
    return log.parsed(_Tree(document, _filled(found), log).record())


def _filled(value: Any, name: str = "") -> Any:
    """The tree without empty elements, and with a list wherever an element may occur several times."""
    if isinstance(value, dict):
        inner = {key: filled for key, entry in value.items() if (filled := _filled(entry, key)) not in (None, "", {}, [])}
        return [inner] if inner and name in _LISTS else inner
    if isinstance(value, list):
        return [one for entry in value if (one := _filled(entry)) not in (None, "", {}, [])]
    text = str(value).strip() if value is not None else ""
    return [text] if text and name in _LISTS else text


class _Tree:
    """One record being read."""

    def __init__(self, document: Document, found: dict[str, Any], log: ReadLog) -> None:
        self._document, self._log = document, log
        self._root = JsonReader(found, "", log)

    def record(self) -> TrialRecord:
        """All that is read."""
        titles = self._part("trial_identification")
        brief, official = titles.text("studytitle"), titles.text("scientifictitle")
        if not (brief or official):
            raise layout_error(self._document, "its titles are not there")
        recruitment, design, ethics = (self._part(n) for n in ("recruitment", "trial_design", "ethicsAndSummary"))
        conditions, interventions = self._part("conditions"), self._part("interventions")
        sponsorship, outcomes = self._part("sponsorship"), self._part("outcomes")
        status, given = self._status(recruitment)
        self._root.text("actrnumber")
        what = interventions.text("interventions")
        made = TrialRecord(
            trial=self._document.trial,
            secondary_ids=self._secondary_ids(titles),
            brief_title=brief,
            official_title=official,
            acronym=titles.text("trialacronym"),
            recruitment_status=status,
            recruitment_status_as_given=given,
            start_date=self._start(recruitment),
            first_posted=self._day(self._root, "approvaldate"),
            last_update_posted=self._day(self._root, "dateLastUpdated"),
            lead_sponsor=_named(sponsorship.text("primarysponsorname")),
            collaborators=self._parties(sponsorship, "secondarysponsor", "sponsor"),
            funders=self._parties(sponsorship, "fundingsource", "funding"),
            brief_summary=ethics.text("summary"),
            conditions=_words(conditions.texts("healthcondition")),
            study_type=self._word(design, "studytype", who.study_type),
            phases=self._word(recruitment, "phase", who.phases),
            allocation=self._word(design, "allocation", by_table(ALLOCATIONS)),
            intervention_model=self._word(design, "assignment", by_table(ASSIGNMENTS)),
            primary_purpose=self._word(design, "purpose", by_table(PURPOSES)),
            masking=self._masking(design),
            enrollment=self._enrollment(recruitment),
            interventions=(Intervention(name=what),) if what else None,
            primary_outcomes=self._outcomes(outcomes, "primaryOutcome"),
            secondary_outcomes=self._outcomes(outcomes, "secondaryOutcome"),
            eligibility=self._eligibility(),
            countries=_words(recruitment.texts("recruitmentcountry")),
        )
        self._ethics(ethics)
        for part in (titles, recruitment, design, ethics, conditions, interventions, sponsorship, outcomes, self._root):
            part.close()
        return made

    def _part(self, name: str) -> JsonReader:
        """The part of that name; an absent one reads as an empty one."""
        return self._root.child(name) or JsonReader({}, name, self._log)

    def _path(self, part: JsonReader, name: str) -> str:
        return f"{part.path}.{name}" if part.path else name

    def _word(self, part: JsonReader, name: str, read: Any) -> Any:
        return value_of(self._log, self._path(part, name), part.verbatim(name) or "", read)

    def _day(self, part: JsonReader, name: str, kind: str | None = None) -> RegistryDate | None:
        return day_of(self._log, self._path(part, name), part.verbatim(name) or "", kind)

    def _status(self, part: JsonReader) -> tuple[str | None, str | None]:
        given = part.text("recruitmentstatus")
        if given is None:
            self._log.note("missing_shape", "recruitment_status", "the element recruitmentstatus is empty or not there")
        return status_of(self._log, "recruitment.recruitmentstatus", given, STATUSES)

    def _masking(self, design: JsonReader) -> str | None:
        given = design.text("masking")
        if given in (None, "Blinded (masking used)"):
            kept(self._log, "trial_design.masking", given)
            return None
        return value_of(self._log, "trial_design.masking", given, by_table(MASKINGS))

    def _start(self, part: JsonReader) -> RegistryDate | None:
        """The day of the first participant; the one that was planned is kept beside it."""
        planned = self._day(part, "anticipatedstartdate", "ESTIMATED")
        actual = self._day(part, "actualstartdate", "ACTUAL")
        if planned and actual:
            self._log.keep("recruitment.anticipatedstartdate", planned.date)
        return actual or planned

    def _enrollment(self, part: JsonReader) -> Enrollment | None:
        planned = self._word(part, "samplesize", lambda text: who.size(text, "ESTIMATED"))
        actual = self._word(part, "actualsamplesize", lambda text: who.size(text, "ACTUAL"))
        if planned and actual:
            self._log.keep("recruitment.samplesize", planned.count)
        found: Enrollment | None = actual or planned
        return found

    def _secondary_ids(self, titles: JsonReader) -> tuple[SecondaryId, ...] | None:
        number = titles.text("utrn")
        return (SecondaryId(id=number),) if number and not who.says_nothing(number) else None

    def _outcomes(self, part: JsonReader, name: str) -> tuple[OutcomeMeasure, ...] | None:
        found = []
        for one in part.children(name):
            measure, when = one.text("outcome"), one.text("timepoint")
            if measure and not who.says_nothing(measure):
                found.append(OutcomeMeasure(measure=measure, time_frame=when))
            one.close(measure)
        return tuple(found) or None

    def _eligibility(self) -> Eligibility | None:
        part = self._part("eligibility")
        healthy = self._word(part, "healthyvolunteer", by_table({"Yes": "Yes", "No": "No"}))
        found = Eligibility(
            criteria=who.both_criteria(part.verbatim("inclusivecriteria") or "", part.verbatim("exclusivecriteria") or ""),
            minimum_age=self._age(part, "inclusiveminage"),
            maximum_age=self._age(part, "inclusivemaxage"),
            sex=self._word(part, "inclusivegender", who.sex),
            healthy_volunteers={"Yes": True, "No": False}.get(healthy),
        )
        part.close()
        return None if found == Eligibility() else found

    def _age(self, part: JsonReader, name: str) -> str | None:
        number, unit = part.text(name), part.text(f"{name}type")
        return who.age(f"{number} {unit or ''}") if number and (unit or "").casefold() not in _NO_LIMIT else None

    def _parties(self, part: JsonReader, name: str, prefix: str) -> tuple[Organisation, ...] | None:
        """Organisations by name, with what else is said of each kept under it; their addresses are left out."""
        found: list[Organisation] = []
        for one in part.children(name):
            party = one.text(f"{prefix}name")
            one.raw(f"{prefix}address")
            more = {what: text for what in ("type", "country") if (text := one.text(f"{prefix}{what}"))}
            if party and not who.says_nothing(party):
                found.append(Organisation(name=party))
                self._log.keep(f"{self._path(part, name)}[]", more, party)
            one.close(party)
        return tuple(found) or None

    def _ethics(self, part: JsonReader) -> None:
        """What committees decided and when; their addresses are left out."""
        for one in part.children("ethicscommitee"):
            name = one.text("ethicname") or "?"
            one.raw("ethicaddress")
            keys = ("ethicapprovaldate", "ethicsubmitdate", "hrec", "ethiccountry")
            self._log.keep("ethicsAndSummary.ethicscommitee[]", {key: text for key in keys if (text := one.text(key))}, name)
            one.close(name)


def _named(name: str | None) -> Organisation | None:
    return Organisation(name=name) if name and not who.says_nothing(name) else None


def _words(texts: tuple[str, ...]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(text for text in texts if not who.says_nothing(text))) or None
