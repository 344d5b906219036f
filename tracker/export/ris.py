"""Followed trials as references (RIS), for those who screen them in a reference manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from tracker.archive import Archive
from tracker.export.tables import Wanted, current
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.render.safe_text import one_line, web_link
from tracker.render.vocabulary import enumerated, first_capital, status


def write(archive: Archive, wanted: Wanted, out: IO[bytes]) -> None:
    """One reference of type DATA for each trial, lines ending as the format wants them."""
    for found in current(archive, wanted):
        lines = "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in _fields(archive, found.record) if value)
        out.write(f"{lines}ER  - \r\n\r\n".encode())


def _fields(archive: Archive, record: TrialRecord) -> Iterator[tuple[str, str]]:
    key = split_key(record.trial)
    registry = archive.source_title(key.source)
    posted, updated = record.first_posted, record.last_update_posted
    yield "TY", "DATA"
    yield "ID", key.number
    yield "TI", record.official_title or record.brief_title or key.number
    yield "ST", record.brief_title or ""
    yield "AU", record.lead_sponsor.name if record.lead_sponsor else ""
    yield "PY", posted.date[:4] if posted else ""
    yield "DA", posted.date.replace("-", "/") if posted else ""
    yield "AB", record.brief_summary or ""
    for condition in record.conditions or ():
        yield "KW", condition
    yield "AN", key.number
    yield "DB", registry
    yield "PB", registry
    yield "UR", web_link(record.url)
    stands = [
        status(record.recruitment_status) if record.recruitment_status else "",
        f"phase {'/'.join(enumerated(phase) for phase in record.phases)}" if record.phases else "",
        f"last update {updated.date}" if updated else "",
    ]
    yield "N1", first_capital("; ".join(part for part in stands if part))
