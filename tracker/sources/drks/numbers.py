"""Numbers of a study elsewhere, each as its registry writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.extract.json_reader import JsonReader
from tracker.model.ids import recognise, registry_title
from tracker.model.record import SecondaryId
from tracker.sources.drks import words
from tracker.text.clean import clean

_SEPARATORS = re.compile(r"\s*[,;]\s*|\s+(?:and|und)\s+")
_FIELDS = (
    ("eudraCtNumber", "EUDRACT_NUMBER", None),
    ("universalTrialNumber", "REGISTRY", "WHO UTN"),
    ("eudamedNumber", "OTHER", "EUDAMED"),
)


def secondary_ids(reader: JsonReader) -> tuple[SecondaryId, ...] | None:
    """The numbers in fields of their own, and those with the name of whoever gave them; those of registries are typed."""
    found: list[SecondaryId] = []
    if numbers := reader.child("secondaryIds"):
        for key, kind, domain in _FIELDS:
            found += _each(numbers.text(key), kind, domain)
        name = words.said(numbers.text("otherPrimaryRegisterName"))
        found += _each(numbers.text("otherPrimaryRegisterId"), "REGISTRY", name)
        numbers.close()
    for other in reader.children("otherSecondaryIds"):
        given, domain = other.text("value"), words.said(other.text("description"))
        other.close(given, domain)
        found += _each(given, "OTHER", domain)
    return tuple({one.id: one for one in reversed(found)}.values())[::-1] or None


def _each(given: str | None, kind: str, domain: str | None) -> Iterator[SecondaryId]:
    """One field may hold several numbers of registries; any other text is one number."""
    text = words.said(given)
    if text is None:
        return
    parts = _SEPARATORS.split(text)
    several = len(parts) > 1 and all(recognise(part) for part in parts)
    for number in parts if several else [text]:
        known = recognise(number)
        if known is None:
            yield SecondaryId(id=clean(number), type=kind, domain=domain)
        elif known.source == "euctr":
            yield SecondaryId(id=known.number, type="EUDRACT_NUMBER")
        elif known.source == "ctis":  # the round of the submission is part of what was given
            yield SecondaryId(id="".join(number.split()).upper().removeprefix("CTIS"), type="CTIS")
        else:
            yield SecondaryId(id=known.number, type="REGISTRY", domain=registry_title(known.source))
