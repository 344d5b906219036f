"""Who takes part and where: countries, centres, eligibility, numbers of participants and the time of recruitment."""

from __future__ import annotations

from typing import Any

from tracker.extract.criteria import criteria
from tracker.extract.read_log import ReadLog
from tracker.extract.xml_reader import XmlReader
from tracker.model.record import Criteria, Eligibility, Site
from tracker.sources.isrctn import words
from tracker.sources.isrctn.days import day_of, keep_day

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_NATIONS = frozenset({"England", "Scotland", "Wales", "Northern Ireland"})
"""They stand among the countries beside the United Kingdom, or in its place."""


def participants(trial: XmlReader, log: ReadLog) -> Values:
    """Places, eligibility, sizes, and what is said of the status of recruitment."""
    reader = trial.child("participants")
    assert reader is not None  # as payload.study has seen to
    made: Values = {"countries": _countries(reader), "sites": _sites(reader), "eligibility": _eligibility(reader)}
    made["sizes"] = reader.count("totalFinalEnrolment"), reader.count("targetEnrolment")
    override = words.said(reader.text("recruitmentStartStatusOverride"))
    kind = words.START_KINDS.get(override or "")
    if override and kind is None and override not in words.OPENED | words.UNOPENED | words.BY_DATES:
        reader.keep("recruitmentStartStatusOverride", override)
        log.note("unknown_word", "trial.participants.recruitmentStartStatusOverride", override)
    made["start_date"] = day_of(reader, "recruitmentStart", log, kind)
    made["stated"] = {
        "recruitment": words.said(reader.text("recruitmentStatusOverride")),
        "start": override,
        "begins": made["start_date"],
        "closes": keep_day(reader, "recruitmentEnd", log),
    }
    reader.close()
    return made


def country(name: str) -> str:
    """A country; the nations of the United Kingdom are none."""
    return "United Kingdom" if name in _NATIONS else name


def _countries(reader: XmlReader) -> tuple[str, ...] | None:
    inner = reader.child("recruitmentCountries")
    if inner is None:
        return None
    named = inner.texts("country")
    inner.close()
    return tuple(dict.fromkeys(map(country, named)))


def _sites(reader: XmlReader) -> tuple[Site, ...] | None:
    inner = reader.child("trialCentres")
    if inner is None:
        return None
    sites: list[Site] = []
    for centre in inner.children("trialCentre"):
        facility, city = words.said(centre.text("name")), words.said(centre.text("city"))
        land, state = words.said(centre.text("country")), words.said(centre.text("state"))
        if land in _NATIONS:
            state = state or land
        postcode = words.said(centre.text("zip"))
        centre.close(facility, city)
        if facility or city or postcode:
            sites.append(Site(facility=facility, city=city, state=state, zip=postcode, country=land and country(land)))
    inner.close()
    return tuple(sites)


def _eligibility(reader: XmlReader) -> Eligibility | None:
    inclusion, exclusion = reader.verbatim("inclusion"), reader.verbatim("exclusion")
    made = Eligibility(
        criteria=criteria_of(inclusion, exclusion),
        minimum_age=_age(reader, "lowerAgeLimit"),
        maximum_age=upper_age(_age(reader, "upperAgeLimit")),
        sex=reader.coded("gender", words.GENDERS),
        healthy_volunteers=reader.flag("healthyVolunteersAllowed"),
        std_ages=_ages(reader),
    )
    return None if made == Eligibility() else made


def criteria_of(inclusion: str | None, exclusion: str | None) -> Criteria | None:
    """Both texts line by line; a heading inside one of them is followed."""
    if not (inclusion or exclusion):
        return None
    of_one = criteria(f"Inclusion Criteria:\n{inclusion or ''}")
    of_other = criteria(f"Exclusion Criteria:\n{exclusion or ''}")
    return Criteria(
        inclusion=of_one.inclusion + of_other.inclusion,
        exclusion=of_one.exclusion + of_other.exclusion,
        other=of_one.other + of_other.other,
    )


def upper_age(given: str | None) -> str | None:
    """An upper age limit; one that nobody reaches is none."""
    number, _, unit = (given or "").partition(" ")
    is_none = unit.lower().startswith("year") and number.isdecimal() and int(number) >= words.NO_UPPER_LIMIT
    return None if is_none else given


def _age(reader: XmlReader, key: str) -> str | None:
    inner = reader.child(key)
    if inner is None:
        return None
    given = words.said(inner.text("#text"))
    inner.close()
    return given


def _ages(reader: XmlReader) -> tuple[str, ...] | None:
    given = reader.word("ageRange", words.AGES)
    return words.AGES.get(given, (given,)) if given else None
