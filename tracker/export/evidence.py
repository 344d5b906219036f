"""The evidence of an event as a zip: both versions as served, and what is needed to check and cite them.

The same evidence gives the same bytes: no time of writing, a fixed order, nothing compressed.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO

from tracker import __version__
from tracker.archive.evidence import EventEvidence, ServedVersion
from tracker.model.ids import split_key
from tracker.render import machine

SUMS = "SHA256SUMS"
WARNING = "The raw bytes may hold names, phones and addresses of contact persons: mind who gets this file."

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_ENDINGS = {"application/json": "json", "text/html": "html", "application/xml": "xml", "text/xml": "xml"}


def write(found: EventEvidence, out: IO[bytes]) -> None:
    """The zip."""
    files = _files(found)
    files[SUMS] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, data)


def _files(found: EventEvidence) -> dict[str, bytes]:
    sides = {"before": found.before, "after": found.after}
    served = {side: version for side, version in sides.items() if version is not None}
    files = {_named(side, version): version.document.body for side, version in served.items()}
    files["versions.json"] = machine.document({side: _described(side, one) for side, one in served.items()}).encode()
    files["events.json"] = "".join(machine.changes_json(found.events)).encode()
    files["CITATION.txt"] = _citation(found, served).encode()
    return files


def _named(side: str, version: ServedVersion) -> str:
    kind = version.document.content_type.partition(";")[0].strip().casefold()
    return f"{side}.{_ENDINGS.get(kind, 'bin')}"


def _described(side: str, version: ServedVersion) -> dict[str, object]:
    meta, document, kept = version.meta, version.document, version.validators
    return {
        "file": _named(side, version),
        "sha256": meta.sha256,
        "bytes": len(document.body),
        "content_type": document.content_type,
        "url": document.url,
        "fetched_at": meta.fetched_at,
        "first_seen_at": meta.first_seen_at,
        "last_seen_at": meta.last_seen_at,
        "valid_from": meta.valid_from,
        "registry_version": meta.registry_version,
        "data_version": meta.data_version,
        "origin": meta.origin,
        "etag": kept.etag if kept else None,
        "last_modified": kept.last_modified if kept else None,
    }


def _citation(found: EventEvidence, served: Mapping[str, ServedVersion]) -> str:
    """Whose data it is, which versions, when they were seen, and how to check them."""
    info, number = found.info, split_key(found.trial).number
    lines = [f"{info.title}. Record {number}. {info.attribution or info.title}.", served["after"].document.url, ""]
    for side, version in served.items():
        meta = version.meta
        known = f"registry version {meta.registry_version}, " if meta.registry_version is not None else ""
        lines.append(
            f"{side.capitalize()}: {known}valid from {_time(meta.valid_from)}, seen {_time(meta.first_seen_at)} to "
            f"{_time(meta.last_seen_at)}, data of {meta.data_version or 'a date not stated'}, sha256 {meta.sha256}"
        )
    lines += ["", *(f"Event {event.id}: {event.kind} ({', '.join(event.effects) or 'changed'})" for event in found.events)]
    lines += [
        "",
        f"Kept by trial-registry-tracker {__version__}. Check every file: sha256sum -c {SUMS}",
        "Not endorsed by the registry, not medical advice.",
        WARNING,
        "",
    ]
    return "\n".join(lines)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
