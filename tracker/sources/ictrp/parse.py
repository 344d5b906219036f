"""One trial of an export as a record. Where ICTRP holds free text for what a record has words for, it is kept as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from tracker.extract import who
from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import ReadLog, guarded, layout_error, wrong_answer
from tracker.extract.saved_record import day_of, record_digest, status_of, value_of
from tracker.extract.who import Unread
from tracker.model import ids
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
    TrialRecord,
)
from tracker.model.source import CUT_TEXT, Document, Parsed
from tracker.sources.ictrp.export import number_of
from tracker.sources.ictrp.fields import CUT_AFTER, cut_fields, fields_of
from tracker.text.clean import clean, cleaned

T = TypeVar("T")

STATUSES: Final = {
    "Recruiting": "RECRUITING",
    "Not Recruiting": "NOT_RECRUITING_UNSPECIFIED",
    "Not recruiting": "NOT_RECRUITING_UNSPECIFIED",
    "Authorised": "OTHER",
    "Not Available": None,
}
"""ICTRP's words. "Not recruiting" stands for all that is not open: not yet, no longer, suspended, completed, withdrawn.

"Authorised" is the European register's word for a trial that may run; whether it recruits is not said.
"""

_IGNORED = {
    "export_date": "when the file was made",
    "internal_number": "ICTRP's own number of the row",
    "source_register": "the number says it",
    "other_records": "ICTRP's own grouping of records",
    "bridging_flag_truefalse": "ICTRP's own grouping of records",
    "bridged_type": "ICTRP's own grouping of records",
    "bridged_childs": "ICTRP's own grouping of records",
    "retrospective_flag": "worked out by ICTRP from the dates of registration and enrolment",
    "prospective_registration": "worked out by ICTRP from the dates of registration and enrolment",
    **{
        f"{whose}_{what}": "a person, whom the registry's own record names"
        for whose in ("contact", "scientific_contact", "ethics_review_contact")
        for what in ("firstname", "lastname", "name", "address", "email", "tel", "phone", "affiliation")
    },
}
_TEXTS = (
    "study_design",
    "results_url_link",
    "results_url_protocol",
    "results_summary",
    "results_baseline_char",
    "results_participant_flow",
    "results_adverse_events",
    "results_outcome_measures",
    "ethics_review_status",
)
"""Free texts that a record does not model: compared as they are."""

_MOVES_ALONE = frozenset({"page_date", "url"})
"""Fields of the record that the digest leaves out: the day of the last delivery moves without the trial changing."""

_NO_FUNDER = "please refer to primary and secondary sponsors"
_TYPED = re.compile(r"(?P<type>Behavioral|Biological|Combination Product|Device|Diagnostic Test|Dietary Supplement|Drug|"
                    r"Genetic|"
                    r"Procedure|Radiation|Other): (?P<name>.+)\Z", re.DOTALL)  # fmt: skip
_BREAK = re.compile(r"\s*<br ?/? ?>\s*", re.IGNORECASE)
_BEFORE_ITEM = re.compile(
    r"(?<=:)\s*<br ?/? ?>\s*|\s*<br ?/? ?>\s*(?=(?:[-*•] |[0-9]{1,2}[.)]|[a-z][.)] )|"
    r"(?:key )?(?:inclusion|exclusion) criteria)",
    re.IGNORECASE,
)
_CRITERIA_HEADING = re.compile(r"\A((?:In|Ex)clusion criteria:)\s*", re.IGNORECASE)
_BREAKS = re.compile(r"(?:\s*<br ?/? ?>\s*){2,}", re.IGNORECASE)
_FIRST_OF_MONTH = re.compile(r"\d{4}-\d{2}-01(?: 00:00:00)?\Z")
_QUESTIONS = re.compile(
    r"((?:Main|Secondary) Objective|(?:Primary|Secondary) end point\(s\)|Timepoint\(s\) of evaluation of this end point):"
)
_ENDPOINT = ("Primary end point", "Timepoint(s)")
_IPD = {"yes": "YES", "no": "NO", "undecided": "UNDECIDED"}


def parse(document: Document) -> Parsed:
    """The record of one trial."""
    with guarded(document):
        fields = fields_of(document)
        number = number_of(fields.get("trialid", ""))
        if number is None:
            raise layout_error(document, "the export's field TrialID is not there, or holds no number")
        if f"ictrp:{number}" != document.trial:
            raise wrong_answer(document, f"the row is of {number}")
        if not (fields.get("public_title") or fields.get("scientific_title")):
            raise layout_error(document, "the export's titles are not there")
        return _Row(document, fields, number).parsed()


def digest(document: Document) -> str:
    """SHA-256 of what the row says of the trial, whatever the form of the file and the way in which it writes dates."""
    with guarded(document):
        return record_digest(parse(document).record, _MOVES_ALONE)


def _squeezed(text: str) -> str:
    """The text with single blanks and no empty lines: padding may be long, and the patterns of breaks look at all of it."""
    return "\n".join(line for raw in text.splitlines() if (line := " ".join(raw.split())))


class _Row:
    """One row being read; what it says in words that are not understood is kept and named."""

    def __init__(self, document: Document, fields: dict[str, str], number: str) -> None:
        self._number, self._given = number, fields
        self._cut = cut_fields(document)
        self._is_ctgov = ids.NCT.fullmatch(number) is not None
        self._is_european = (ids.recognise(number) or ids.Recognised("", "")).source in ("euctr", "ctis")
        self._document = document
        self._log = ReadLog(_IGNORED)
        self._fields = JsonReader({name: text for name, text in fields.items() if name != "trialid"}, "", self._log)

    def parsed(self) -> Parsed:
        """The record, with what was kept and what could not be read."""
        status, given = self._status()
        record = TrialRecord(
            trial=self._document.trial,
            nct_number=self._number if self._is_ctgov else None,
            secondary_ids=self._secondary_ids(),
            url=self._text("web_address"),
            brief_title=self._text("public_title"),
            official_title=self._text("scientific_title"),
            acronym=self._text("acronym"),
            recruitment_status=status,
            recruitment_status_as_given=given,
            start_date=self._start(),
            completion_date=self._day("results_date_completed"),
            first_posted=self._registered(),
            page_date=self._day("last_refreshed_on"),
            results_state=self._results_state(),
            results_first_posted=self._day("results_date_posted"),
            lead_sponsor=self._sponsor("primary_sponsor"),
            collaborators=self._organisations("secondary_sponsor"),
            funders=self._organisations("source_support"),
            conditions=self._list("condition"),
            study_type=self._word("study_type", who.study_type),
            phases=self._word("phase", who.phases),
            enrollment=self._enrollment(),
            interventions=self._interventions(),
            primary_outcomes=self._outcomes("primary_outcome"),
            secondary_outcomes=self._outcomes("secondary_outcome"),
            eligibility=self._eligibility(),
            countries=self._list("countries"),
            ipd_sharing=self._ipd(),
        )
        for name in _TEXTS:
            self._keep(name, self._text(name))
        for name in ("ethics_review_approval_date", "results_date_first_publication"):
            self._keep(name, self._days(name))
        self._fields.close()
        return self._log.parsed(record)

    def _raw(self, name: str) -> str:
        """The text of a field; one that the file cuts is not read, and the version before stands for it."""
        given = self._fields.verbatim(name) or ""
        if name not in self._cut:
            return given
        self._log.note(CUT_TEXT, name, f"after {CUT_AFTER} characters")
        return ""

    def _text(self, name: str) -> str | None:
        text = cleaned(self._raw(name))
        return None if text is None or who.says_nothing(text) else text

    def _keep(self, name: str, value: object) -> None:
        if value:
            self._fields.keep(name, value)

    def _word(self, name: str, read: Callable[[str], T | Unread | None]) -> T | None:
        """A word of a vocabulary; registries that write sentences here are quoted, which needs no warning."""
        return value_of(self._log, name, self._raw(name), read, told=False)

    def _status(self) -> tuple[str | None, str | None]:
        return status_of(self._log, "recruitment_status", self._text("recruitment_status"), STATUSES)

    def _start(self) -> RegistryDate | None:
        """A spreadsheet makes a first day of "April 2020", as ClinicalTrials.gov writes months: then only the month is sure."""
        found = self._day("date_enrollement", self._enrolment_type())
        if found and self._is_ctgov and _FIRST_OF_MONTH.match(self._given["date_enrollement"]):
            return RegistryDate(found.date[:7], found.type)
        return found

    def _day(self, name: str, kind: str | None = None) -> RegistryDate | None:
        return day_of(self._log, name, self._raw(name), kind)

    def _days(self, name: str) -> list[str]:
        """Several days in one text, as ISO; one that cannot be read as it is given."""
        found = []
        for part in filter(None, map(str.strip, self._raw(name).split(";"))):
            value = who.day(part)
            if isinstance(value, Unread):
                self._log.note("unreadable_date", name, part)
            found.append(value.date if isinstance(value, RegistryDate) else part)
        return found

    def _enrolment_type(self) -> str | None:
        given = self._raw("type_enrolment")
        kind = {"actual": "ACTUAL", "anticipated": "ESTIMATED"}.get(given.casefold())
        if given and kind is None:
            self._log.note("unknown_word", "type_enrolment", given)
        return kind

    def _registered(self) -> RegistryDate | None:
        """The day of registration: the field without slashes leaves no doubt of the month."""
        spelt, plain = self._day("date_registration"), self._day("date_registration3")
        return plain or spelt

    def _results_state(self) -> str | None:
        given = self._text("results_yes_no")
        state = {"yes": "POSTED", "no": "NONE_POSTED"}.get((given or "").casefold())
        if given and state is None:
            self._log.note("unknown_word", "results_yes_no", given)
        return state

    def _sponsor(self, name: str) -> Organisation | None:
        text = self._text(name)
        return Organisation(name=text) if text else None

    def _organisations(self, name: str) -> tuple[Organisation, ...] | None:
        names = [part for part in who.parts(self._raw(name)) if part.casefold() != _NO_FUNDER]
        return tuple(Organisation(name=part) for part in names) or None

    def _list(self, name: str) -> tuple[str, ...] | None:
        return who.parts(self._raw(name)) or None

    def _secondary_ids(self) -> tuple[SecondaryId, ...] | None:
        found = []
        for part in who.parts(self._raw("secondary_id"), r",\s"):
            known = ids.recognise(part)
            found.append(SecondaryId(id=part, type="REGISTRY" if known and known.number != self._number else None))
        return tuple(found) or None

    def _enrollment(self) -> Enrollment | None:
        planned = self._word("target_size", who.size)
        actual = self._word("results_actual_enrollment", lambda text: who.size(text, "ACTUAL"))
        if actual and planned:
            self._keep("target_size", planned.count)
        return actual or planned

    def _interventions(self) -> tuple[Intervention, ...] | None:
        """One by one, ClinicalTrials.gov's with their types; the European registers' product by product."""
        if self._is_european:
            blocks = dict.fromkeys(cleaned(block) for block in _BREAKS.split(_squeezed(self._raw("intervention"))))
            return tuple(Intervention(name=block) for block in blocks if block and not who.says_nothing(block)) or None
        found = []
        for part in self._parts("intervention"):
            typed = _TYPED.match(part) if self._is_ctgov else None
            kind = typed["type"].upper().replace(" ", "_") if typed else None
            found.append(Intervention(type=kind, name=typed["name"] if typed else part))
        return tuple(found) or None

    def _parts(self, name: str) -> tuple[str, ...]:
        """The entries between semicolons; a line that ends before one is no entry."""
        return who.parts(clean(self._raw(name)).replace("\n", " "))

    def _outcomes(self, name: str) -> tuple[OutcomeMeasure, ...] | None:
        """One after the other; of the European questionnaire the end points, whose objectives are kept beside them."""
        given = self._raw(name)
        answers = _QUESTIONS.split(given)
        if not self._is_european or len(answers) < 3:
            return tuple(OutcomeMeasure(measure=part) for part in who.parts(clean(given).replace("\n", " "))) or None
        said = {label: cleaned(text.strip(" ;\n")) for label, text in zip(answers[1::2], answers[2::2], strict=True)}
        measure, when = (next((text for label, text in said.items() if label.startswith(part)), None) for part in _ENDPOINT)
        if answers[0].strip(" ;"):
            said[""] = cleaned(answers[0])
        self._keep(name, {label: text for label, text in said.items() if text and not label.startswith(_ENDPOINT)})
        return (OutcomeMeasure(measure=measure, time_frame=when),) if measure else None

    def _eligibility(self) -> Eligibility | None:
        inclusion, exclusion = self._criteria("inclusion_criteria"), self._criteria("exclusion_criteria")
        whole = not self._cut & {"inclusion_criteria", "exclusion_criteria"}
        found = Eligibility(
            criteria=who.both_criteria(inclusion, exclusion) if whole else None,
            minimum_age=who.age(clean(self._raw("inclusion_agemin"))),
            maximum_age=who.maximum_age(clean(self._raw("inclusion_agemax"))),
            sex=self._word("inclusion_gender", who.sex),
        )
        return None if found == Eligibility() else found

    def _criteria(self, name: str) -> str:
        """ClinicalTrials.gov's lines are broken where a column was full; items have a mark or two breaks before them."""
        given = _squeezed(self._raw(name))
        if not self._is_ctgov:
            return _CRITERIA_HEADING.sub(r"\1\n", given)
        return "\n".join(_BREAK.sub(" ", _BEFORE_ITEM.sub("\n", item)) for item in _BREAKS.split(given))

    def _ipd(self) -> IpdSharing | None:
        plan, description = self._text("results_ipd_plan"), self._text("results_ipd_description")
        coded = _IPD.get((plan or "").casefold())
        said = " ".join(filter(None, (plan if coded is None else None, description)))
        return IpdSharing(plan=coded, description=said or None) if coded or said else None
