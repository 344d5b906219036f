"""The numbers of other registries that a record names. They are read from its secondary ids, never from titles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.model.ids import REGISTRIES, Recognised, recognise, split_key, tidied
from tracker.model.links import NamedNumber
from tracker.model.record import SecondaryId, TrialRecord

_OWN_TYPES = frozenset({"ORG_STUDY_ID", "NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA", "OTHER_GRANT"})
"""Numbers of sponsors and grants: one that looks like a registry's counts only where it is all that stands there."""

_PREFIXES = re.compile(r"(?<![0-9A-Za-z])(?:JPRN-|CTIS(?=20)|EUCTR(?=(?:19|20)\d\d-))", re.IGNORECASE)
"""What the search portal of the WHO writes before the numbers of some registries."""

_INSIDE = tuple(
    re.compile(rf"(?<![0-9A-Za-z/-])(?:{registry.pattern.pattern.removesuffix(chr(92) + 'Z')})(?![0-9A-Za-z])", re.IGNORECASE)
    for registry in REGISTRIES
)
_LONGEST = 200
"""No number is given in more characters, and nothing is looked for behind them."""

_COUNTRY = re.compile(r"-(?:[A-Z]{2}|3RD)\Z")


def named_numbers(record: TrialRecord) -> tuple[NamedNumber, ...]:
    """The other numbers that a record gives its trial, each once and in their order."""
    own = registration_of(record.trial)
    found: dict[str, NamedNumber] = {}
    if own != record.trial:  # a register with a record for each country: they are joined by the trial's number
        found[own] = NamedNumber(trial=record.trial, other=own, type="COUNTRY", evidence=own.partition(":")[2])
    for given in record.secondary_ids or ():
        for number in _numbers(given):
            other = registration_of(number.key)
            if other != own:
                one = NamedNumber(trial=record.trial, other=other, type=given.type or "", evidence=given.id[:_LONGEST])
                found.setdefault(other, one)
    return tuple(found.values())


def registration_of(key: str) -> str:
    """The key of the registration that a trial's key belongs to: without the country where each country has a record."""
    source, number = split_key(key)
    return f"euctr:{_COUNTRY.sub('', number.removeprefix('EUCTR'))}" if source == "euctr" else key


def _numbers(given: SecondaryId) -> Iterator[Recognised]:
    """The numbers of registries in a secondary id; a sponsor's own must be one as a whole."""
    text = _PREFIXES.sub("", tidied(given.id[:_LONGEST]))
    whole = recognise(text)
    if whole or given.type in _OWN_TYPES:
        if whole:
            yield whole
        return
    taken: list[tuple[int, int]] = []
    for pattern in _INSIDE:  # the more exact pattern stands first
        for match in pattern.finditer(text):
            number = recognise(match[0])
            if number and not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield number
