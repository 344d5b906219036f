"""Days as the registry writes them: ``2026-07-27T09:27:35.342944265Z``, with any number of digits behind the point."""

from __future__ import annotations

import re

from tracker.extract.read_log import ReadLog
from tracker.extract.xml_reader import XmlReader
from tracker.model.dates import RegistryDate

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z", re.ASCII)


def day_of(reader: XmlReader, key: str, log: ReadLog, kind: str | None = None) -> RegistryDate | None:
    """The day of ``2026-07-27T09:27:35.342944265Z``; one that cannot be read is an issue and comes back verbatim."""
    given = (reader.verbatim(key) or "").strip()
    if not given:
        return None
    match = _TIME.match(given)
    date = RegistryDate(match[1] if match else given, kind)
    if date.precision == "none":
        log.note("unreadable_date", f"{reader.path}.{key}", given)
    return date


def keep_day(reader: XmlReader, key: str, log: ReadLog) -> RegistryDate | None:
    """The same, kept as well: a day that the record does not model."""
    date = day_of(reader, key, log)
    if date:
        reader.keep(key, date.date)
    return date
