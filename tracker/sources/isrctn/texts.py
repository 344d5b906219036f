"""Outcomes and numbers: the registry gives both in two generations of fields, and records of either are read alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.extract.list_marks import without_marks
from tracker.extract.xml_reader import XmlReader
from tracker.model.ids import recognise
from tracker.model.record import OutcomeMeasure, SecondaryId
from tracker.sources.isrctn import words
from tracker.text.clean import clean

_SEPARATORS = re.compile(r"\s*[,;]\s*|\s+and\s+")
_REGISTRIES = {"ctgov": "ClinicalTrials.gov", "drks": "DRKS", "anzctr": "ANZCTR", "chictr": "ChiCTR"}


def outcomes(reader: XmlReader, structured: str, written: str) -> tuple[OutcomeMeasure, ...] | None:
    """Outcomes with measure, method and time; records of before 2025, and some of later, write them in one text."""
    found: list[OutcomeMeasure] = []
    if measures := reader.child(structured):
        for one in measures.children("outcomeMeasure"):
            measure = one.text("variable") or one.peek("method") or "not named"
            found.append(OutcomeMeasure(measure=measure, time_frame=one.text("timepoints"), description=one.text("method")))
            one.close(measure)
        measures.close()
    text = reader.text(written)
    lines = text.split("\n") if text else []
    found += [OutcomeMeasure(measure=line) for line, _ in without_marks(lines) if line]
    return tuple(found) or None


def secondary_ids(trial: XmlReader) -> tuple[SecondaryId, ...]:
    """Numbers of the study elsewhere; those of other registries are named as such, wherever they stand."""
    reader = trial.child("externalRefs")
    if reader is None:
        return ()
    found = [*_named(reader)]
    if numbers := reader.child("secondaryNumbers"):
        found += _typed(numbers)
        numbers.close()
    serial = words.said(reader.text("protocolSerialNumber"))
    known = {one.id for one in found}
    if serial and not all(part.rpartition(":")[2].strip() in known for part in serial.split(",")):
        found.append(numbered(serial, "ORG_STUDY_ID", None))
    reader.close()
    return tuple({one.id: one for one in reversed(found)}.values())[::-1]


def _named(reader: XmlReader) -> Iterable[SecondaryId]:
    for key, kind, domain in (
        ("eudraCTNumber", "EUDRACT_NUMBER", None),
        ("clinicalTrialsGovNumber", "REGISTRY", "ClinicalTrials.gov"),
        ("irasNumber", "OTHER", "IRAS"),
    ):
        if number := words.said(reader.text(key)):
            yield from _each(number, kind, domain)


def _typed(numbers: XmlReader) -> Iterable[SecondaryId]:
    for one in numbers.children("secondaryNumber"):
        given, canonical = words.said(one.text("#text")), one.text("@canonicalSecondaryNumber")
        issuer = one.text("@numberType") or ""
        one.close(issuer)
        if given is None:
            continue
        kind, domain = words.NUMBERS.get(issuer, ("OTHER", issuer or None))
        if kind == "CTIS" and canonical:
            given = canonical.upper().removeprefix("CTIS")
        yield from _each(given, kind, domain)


def _each(given: str, kind: str, domain: str | None) -> Iterable[SecondaryId]:
    """One field may hold several numbers of registries; any other text is one number."""
    numbers = _SEPARATORS.split(given)
    several = len(numbers) > 1 and all(recognise(number) for number in numbers)
    yield from (numbered(number, kind, domain) for number in (numbers if several else [given]))


def numbered(given: str, kind: str, domain: str | None) -> SecondaryId:
    """A number as it is written at its registry, if it is one of a registry."""
    number = clean(given)
    known = recognise(number)
    if known is None:
        return SecondaryId(id=number, type=kind, domain=domain)
    match known.source:
        case "euctr":
            return SecondaryId(id=known.number, type="EUDRACT_NUMBER")
        case "ctis":
            return SecondaryId(id=number.upper(), type="CTIS")
        case source:
            return SecondaryId(id=known.number, type="REGISTRY", domain=_REGISTRIES.get(source, domain))
