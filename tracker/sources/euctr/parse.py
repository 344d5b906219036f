"""The parts of a trial's countries to one TrialRecord."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tracker.extract.decoding import decode
from tracker.extract.list_marks import without_marks
from tracker.extract.read_log import ReadLog, guarded
from tracker.model.dates import RegistryDate
from tracker.model.record import CountryStatus, OutcomeMeasure, Oversight, TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.euctr import words
from tracker.sources.euctr.parties import secondary_ids, sponsors
from tracker.sources.euctr.parts import Part, PartReader, number_and_country, parts_of
from tracker.sources.euctr.people import eligibility, enrollment
from tracker.sources.euctr.products import products
from tracker.sources.euctr.results import results_of
from tracker.text.clean import clean

PAGE = "https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:"
_STATUS_LABELS = ("p_end_of_trial_status", "trial_status")
_PLAN = "paediatric_investigation_plan"
_OF_THE_TRIAL = (
    "country_status",
    "countries",
    "first_posted",
    "phases",
    "secondary_ids",
    "central_contacts",
)
"""Fields that are joined over the countries, or come from the first one alone: no part differs from another in them."""

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""


class _Read(msgspec.Struct, frozen=True):
    """One country's part as read: fields of the record, and the account of the rest."""

    part: Part
    made: Values
    log: ReadLog


def parse(document: Document) -> Parsed:
    """The record of a trial over its countries; raises AnswerError or LayoutError (see `parts.parts_of`)."""
    with guarded(document):
        read = [_read(part) for part in parts_of(document)]
        log = ReadLog({})
        made = read[0].made | _joined(read)
        _keep(read, made, log)
        results = results_of(decode(document.body, document.content_type), log)
        made |= {"results_state": results.state, "results_first_posted": results.first_published}
        if results.version:
            log.keep("results_version", results.version)
        if results.published:
            log.keep("results_version_published", results.published.date)
        number, _ = number_and_country(document.trial)
        return log.parsed(TrialRecord(trial=document.trial, url=f"{PAGE}{number}", **made))


def _read(part: Part) -> _Read:
    log = ReadLog(words.IGNORED, words.KEPT)
    reader = PartReader(dict(part.fields), "", log)
    made = _titles(reader) | sponsors(reader, log)
    made["central_contacts"] = made.pop("contacts")
    made["secondary_ids"] = secondary_ids(reader)
    plan = reader.flag("a7_trial_is_part_of_a_paediatric_investigation_plan")
    if plan is not None:
        log.keep(_PLAN, "Yes" if plan else "No")
    made["interventions"] = products(reader, log)
    made |= _condition(reader) | _design(reader, part) | _outcomes(reader)
    made |= {"eligibility": eligibility(reader), "enrollment": enrollment(reader, part)}
    made |= _ends(reader, part, log) | _places(reader, part, log)
    _networks(reader, log)
    reader.close()
    return _Read(part, made, log)


def _titles(reader: PartReader) -> Values:
    full = reader.text("a3_full_title_of_the_trial")
    lay = reader.text("a3_1_title_of_the_trial_for_lay_people_in_easily_understood_i_e_non_technical_language")
    short = reader.text("a3_2_name_or_abbreviated_title_of_the_trial_where_available")
    return {
        "official_title": full,
        "brief_title": lay or full,
        "acronym": None if (short or "").lower() in words.NO_NUMBERS else short,
        "brief_summary": reader.text("e2_1_main_objective_of_the_trial"),
        "detailed_description": reader.text("e2_2_secondary_objectives_of_the_trial"),
    }


def _condition(reader: PartReader) -> Values:
    named = reader.text("e1_1_medical_condition_s_being_investigated")
    terms: list[str] = []
    for one in reader.children("term"):
        term = one.text("e1_2_term")
        one.close(term)
        terms += [term] if term else []
    return {"conditions": (named,) if named else (), "keywords": tuple(dict.fromkeys(terms)) or None}


def _design(reader: PartReader, part: Part) -> Values:
    purposes = [word for key, word in words.PURPOSES.items() if reader.flag(key)]
    models = [word for key, word in words.MODELS.items() if reader.flag(key)]
    maskings = [word for key, word in words.MASKINGS.items() if reader.flag(key)]
    randomised = reader.flag("e8_1_1_randomised")
    board = reader.flag("e8_7_trial_has_a_data_monitoring_committee")
    return {
        "study_type": "INTERVENTIONAL",
        "phases": tuple(word for key, word in words.PHASES.items() if reader.flag(key)) or None,
        "primary_purpose": purposes[0] if len(purposes) == 1 else "OTHER" if purposes else None,
        "intervention_model": models[0] if len(models) == 1 else None,
        "masking": maskings[0] if len(maskings) == 1 else None,
        "allocation": _allocation(randomised, part),
        "oversight": None if board is None else Oversight(dmc=board),
    }


def _allocation(randomised: bool | None, part: Part) -> str | None:
    """Only a controlled trial has groups that nobody was allotted to by chance."""
    if randomised is False and part.fields.get("e8_1_controlled") == ["Yes"]:
        return "NON_RANDOMIZED"
    return "RANDOMIZED" if randomised else None


def _outcomes(reader: PartReader) -> Values:
    primary = _measures(reader, "e5_1_primary_end_point_s", "e5_1_1_timepoint_s_of_evaluation_of_this_end_point")
    secondary = _measures(reader, "e5_2_secondary_end_point_s", "e5_2_1_timepoint_s_of_evaluation_of_this_end_point")
    return {"primary_outcomes": primary, "secondary_outcomes": secondary}


def _measures(reader: PartReader, named: str, timed: str) -> tuple[OutcomeMeasure, ...] | None:
    """Each line is an outcome; the time that is stated for all of them stands with each."""
    text, time = reader.text(named), reader.text(timed)
    lines = [line for line, _ in without_marks(text.split("\n")) if line] if text else []
    if time and not lines:
        lines = ["not named"]
    return tuple(OutcomeMeasure(measure=line, time_frame=time) for line in lines) or None


def _ends(reader: PartReader, part: Part, log: ReadLog) -> Values:
    """The status in one country; the summary repeats that of the end of the trial, and stands in where that is empty."""
    words_given = [clean(part.fields[key][0]) for key in _STATUS_LABELS if part.fields.get(key)]
    stated = [status for key in _STATUS_LABELS if (status := reader.status(key, words.STATUSES)[0])]
    if len(set(words_given)) > 1:
        log.keep("trial_status", words_given[1])
    status, word = (stated[0], words_given[0]) if stated else (None, None)
    return {
        "completion_date": reader.date("p_date_of_the_global_end_of_the_trial", "ACTUAL"),
        "first_posted": RegistryDate(part.entered, "ACTUAL") if part.entered else None,
        "country_status": (CountryStatus(country=part.country, status=status, as_given=word),),
    }


def _places(reader: PartReader, part: Part, log: ReadLog) -> Values:
    """The country of the part, and the countries where sites are planned."""
    several = reader.flag("e8_5_the_trial_involves_multiple_member_states")
    within = reader.flag("e8_6_1_trial_being_conducted_both_within_and_outside_the_eea")
    outside = reader.flag("e8_6_2_trial_being_conducted_completely_outside_of_the_eea")
    for key, value in (
        ("several_member_states", several),
        ("within_and_outside_the_eea", within),
        ("outside_the_eea", outside),
    ):
        if value:
            log.keep(key, "Yes")
    planned: list[str] = []
    for key in reader.beginning("e8_6_3_"):
        planned += [name for text in reader.texts(key) for name in text.split("\n") if name]
    if planned:
        log.keep("planned_regions", sorted(set(planned)))
    return {"countries": (part.country,)}


def _networks(reader: PartReader, log: ReadLog) -> None:
    for one in reader.children("network"):
        name, country = one.text("g4_1_name_of_organisation"), one.text("g4_3_4_network_country")
        for key in one.beginning("g4_"):
            one.texts(key)
        log.keep("investigator_networks", country, name or "not named")
        one.close(name)


# --- over the countries


def _joined(read: Sequence[_Read]) -> Values:
    """What the parts say together: the latest end, each country's status, every number, phase and group of ages."""
    states = tuple(state for one in read for state in one.made["country_status"])
    status, word = _overall(states)
    ends = _dates(one.made["completion_date"] for one in read)
    entered = _dates(one.made["first_posted"] for one in read)
    ages = {age for one in read for age in (one.made["eligibility"].std_ages or ())}
    asked = read[0].made["eligibility"]
    return {
        "recruitment_status": status,
        "recruitment_status_as_given": word,
        "country_status": states,
        "countries": tuple(dict.fromkeys(one.part.country for one in read)),
        "completion_date": ends[-1] if ends else None,
        "first_posted": entered[0] if entered else None,
        "phases": tuple(sorted({phase for one in read for phase in one.made["phases"] or ()})) or None,
        "secondary_ids": tuple({known.id: known for one in read for known in one.made["secondary_ids"]}.values()) or None,
        "eligibility": msgspec.structs.replace(
            asked, std_ages=tuple(age for age in words.AGES.values() if age in ages) or None
        ),
    }


def _overall(states: Sequence[CountryStatus]) -> tuple[str | None, str | None]:
    """The status that all countries agree on, else the most open one with the words of all; silent countries are left out."""
    told = {state.status: None for state in states if state.status}
    given = tuple(dict.fromkeys(state.as_given for state in states if state.as_given))
    if not told:
        return None, None
    return min(told, key=words.OPENNESS.index), ", ".join(sorted(given))


def _dates(given: Iterable[RegistryDate | None]) -> list[RegistryDate]:
    """The dates in their order; one that cannot be read counts only where no other is there."""
    told = [one for one in given if one]
    readable = [one for one in told if one.precision != "none"]
    return sorted(readable, key=lambda one: one.date) or told


def _keep(read: Sequence[_Read], made: Values, log: ReadLog) -> None:
    """The rest of the first part, what is each country's own, and where another part says otherwise than the first."""
    same = read[0].made | {"completion_date": made["completion_date"]}
    first, plan = read[0], any(one.log.rest.get(_PLAN) == "Yes" for one in read)
    for path, value in first.log.rest.items():
        if path not in words.OF_A_COUNTRY and path != _PLAN:
            log.keep(path, value)
    if any(_PLAN in one.log.rest for one in read):
        log.keep(_PLAN, "Yes" if plan else "No")
    for one in read:
        for issue in one.log.finish():
            log.note(issue.code, issue.path, issue.value)
        own = {path: value for path, value in one.log.rest.items() if path in words.OF_A_COUNTRY}
        for path, value in own.items():
            log.keep(path, value, one.part.country)
        other = {path: value for path, value in one.log.rest.items() if path not in own}
        differing = {path: value for path, value in other.items() if value != first.log.rest.get(path)}
        differing |= {
            field: _plain(value)
            for field, value in one.made.items()
            if field not in _OF_THE_TRIAL and value not in (None, ()) and value != same[field]
        }
        for path, value in differing.items():
            log.keep(f"{words.NATIONAL}.{path}", value, one.part.country)


def _plain(value: Any) -> Any:
    """A value of the record as JSON, without what is empty."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one not in (None, [], {})}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return _plain(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else value
