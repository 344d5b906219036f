"""An answer of the registry's open data interface for one trial: English texts, and Korean ones where there are no others."""

from __future__ import annotations

from typing import Final

from tracker.extract import who
from tracker.extract.json_reader import JsonReader, read_object
from tracker.extract.read_log import ReadLog, layout_error, wrong_answer
from tracker.extract.saved_record import kept, status_of
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    OutcomeMeasure,
    Site,
    TrialRecord,
)
from tracker.model.source import Document, Parsed
from tracker.sources.cris import values
from tracker.sources.cris.words import ALLOCATIONS, MASKINGS, MODELS, PURPOSES, SEXES, STATUSES, STUDY_TYPES

_PERSON = "a person, whom the registry's own record names"
_IGNORED: Final = {
    "resultCode": "how the interface answered",
    "resultMsg": "how the interface answered",
    "telephone": _PERSON,
    **{
        f"{whose}_{language}": _PERSON
        for whose in ("scientific_name", "public_name", "affiliation", "public_affiliation")
        for language in ("kr", "en")
    },
}
_KEPT: Final[dict[str, type[object]]] = {"irb_number": str, "irb_date": str, "group_number": str, "arm_items": list}
_WELL = "00"


def parsed(document: Document) -> Parsed:
    """The record of one trial."""
    answer = read_object(document)
    if answer.get("resultCode", _WELL) != _WELL:
        raise wrong_answer(document, f"the interface answered {answer['resultCode']}: {answer.get('resultMsg', '')}")
    log = ReadLog(_IGNORED, _KEPT)
    return log.parsed(_Answer(document, JsonReader(answer, "", log), log).record())


class _Answer:
    """One answer being read."""

    def __init__(self, document: Document, reader: JsonReader, log: ReadLog) -> None:
        self._document, self._reader, self._log = document, reader, log

    def record(self) -> TrialRecord:
        """All that is read."""
        log, given = self._log, self._either
        brief, official = given("public_title"), given("scientific_title")
        if not (brief or official):
            raise layout_error(self._document, "its titles are not there")
        self._reader.text("trial_id")
        status, as_given = self._status()
        number = self._number("target_size")
        made = TrialRecord(
            trial=self._document.trial,
            brief_title=brief or None,
            official_title=official or None,
            recruitment_status=status,
            recruitment_status_as_given=as_given,
            start_date=self._day("date_enrolment", "type_enrolment"),
            completion_date=self._day("results_date_completed", "results_type_date_completed"),
            first_posted=self._day("date_registration"),
            last_update_posted=self._day("date_updated"),
            lead_sponsor=_joined(self._names("sponsor_items", "primary_sponsor")),
            funders=tuple(map(_named, self._names("funding_items", "source_name"))) or None,
            conditions=tuple(line.lstrip("* ") for line in given("hc_code").splitlines() if line.strip("* ")) or None,
            study_type=values.word(log, "study_type", given("study_type"), STUDY_TYPES),
            phases=values.phases(log, "phase", given("phase")),
            allocation=values.word(log, "allocation", given("allocation"), ALLOCATIONS),
            intervention_model=values.word(log, "intervention_model", given("intervention_model"), MODELS),
            primary_purpose=values.word(log, "primary_purpose", given("primary_purpose"), PURPOSES),
            masking=values.word(log, "blinding_masking", given("blinding_masking"), MASKINGS),
            enrollment=None if number is None else Enrollment(count=number),
            interventions=self._interventions(),
            primary_outcomes=self._outcomes(),
            eligibility=self._eligibility(),
            sites=tuple(Site(facility=name) for name in self._names("research_items", "site_name")) or None,
        )
        english, korean = self._reader.text("irb_status_en"), self._reader.text("irb_status")
        kept(log, "irb_status", english or korean)
        for name in ("primary_outcome_type", "i_freetext_type"):
            kept(log, name, given(name))
        self._reader.close()
        return made

    def _either(self, name: str) -> str:
        """The English text, else the Korean one."""
        return _either(self._reader, name)

    def _status(self) -> tuple[str | None, str | None]:
        given = self._either("recruitment_status")
        if not given:
            self._log.note("missing_shape", "recruitment_status", "the answer has no recruitment_status_en")
        return status_of(self._log, "recruitment_status", given, STATUSES)

    def _day(self, name: str, kind: str = "") -> RegistryDate | None:
        return values.day(self._log, name, self._reader.verbatim(name) or "", self._either(kind) if kind else "")

    def _number(self, name: str) -> int | None:
        """A number, which the interface writes as one or as a text."""
        value = self._reader.peek(name)
        if isinstance(value, str):
            return values.size(self._log, name, self._reader.verbatim(name) or "")
        return self._reader.count(name)

    def _names(self, items: str, name: str) -> list[str]:
        """The names in a list of items; an answer that lists trials has one beside the list's place."""
        found = [self._either(name)]
        for one in self._reader.children(items):
            found.append(_either(one, name))
            one.close(found[-1])
        return list(dict.fromkeys(text for text in found if not who.says_nothing(text)))

    def _interventions(self) -> tuple[Intervention, ...] | None:
        text = self._either("i_freetext")
        return (Intervention(name=text),) if text else None

    def _outcomes(self) -> tuple[OutcomeMeasure, ...] | None:
        first = self._either("primary_outcome_1")
        found = [OutcomeMeasure(measure=first)] if first else []
        for one in self._reader.children("outcome_items"):
            measure, when = _either(one, "primary_outcome"), _either(one, "primary_outcome_time")
            if measure:
                found.append(OutcomeMeasure(measure=measure, time_frame=when or None))
            one.close(measure)
        return tuple(found) or None

    def _eligibility(self) -> Eligibility | None:
        low, high = values.ages(self._log, "target_age_range", self._either("target_age_range"))
        sex = values.word(self._log, "target_gender", self._either("target_gender"), SEXES)
        found = Eligibility(minimum_age=low, maximum_age=high, sex=sex)
        return None if found == Eligibility() else found


def _either(reader: JsonReader, name: str) -> str:
    korean, english = reader.text(f"{name}_kr") or "", reader.text(f"{name}_en") or ""
    return english or korean


def _named(name: str) -> Organisation:
    return Organisation(name=name)


def _joined(names: list[str]) -> Organisation | None:
    """Sponsors in one line: the registry does not say which of them leads."""
    return Organisation(name="; ".join(names)) if names else None
