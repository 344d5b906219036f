"""What the pages and the interface of CRIS write alike: dates with their kind, ages from and to, words in two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.extract import who
from tracker.extract.read_log import ReadLog
from tracker.extract.saved_record import by_table, day_of, value_of
from tracker.extract.who import Unread
from tracker.model.dates import RegistryDate
from tracker.sources.cris.words import DATE_TYPES, NO_PHASE

_KOREAN_AGE = re.compile(r"(\d{1,3}) ?세\Z")


def word(log: ReadLog, path: str, given: str, words: Mapping[str, str]) -> str | None:
    """A word of a table; an unknown one is an issue and is kept."""
    return value_of(log, path, given, by_table(words))


def day(log: ReadLog, path: str, given: str, kind: str = "") -> RegistryDate | None:
    """A date, and whether it is past or planned: ``2009-05-14 , Actual`` or the two apart."""
    date, _, beside = (part.strip() for part in given.partition(","))
    kind = kind.strip() or beside
    if kind and kind not in DATE_TYPES:
        log.note("unknown_word", path, kind)
    return day_of(log, path, date, DATE_TYPES.get(kind))


def phases(log: ReadLog, path: str, given: str) -> tuple[str, ...] | None:
    """Phases as the registry writes them: Phase3, Phase2/Phase3."""
    return ("NA",) if given.strip() == NO_PHASE else value_of(log, path, given, who.phases)


def ages(log: ReadLog, path: str, given: str) -> tuple[str | None, str | None]:
    """The lowest and the highest age of ``19 Year ~ 50 Year``."""
    text = " ".join(given.split())
    if who.says_nothing(text):
        return None, None
    low, tilde, high = (part.strip() for part in text.partition("~"))
    if not tilde:
        log.note("unreadable_value", path, text)
        log.keep(path, text)
        return None, None
    return _age(low), _age(high)


def _age(text: str) -> str | None:
    korean = _KOREAN_AGE.match(text)
    return who.age(f"{korean[1]} Years" if korean else text)


def size(log: ReadLog, path: str, given: str) -> int | None:
    """A number of participants."""

    def read(text: str) -> int | Unread | None:
        found = who.size(text)
        return found if found is None or isinstance(found, Unread) else found.count

    return value_of(log, path, given, read)
