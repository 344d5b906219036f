"""From bytes to one study's JSON: the checks that an answer is the study that was asked for, and its digest."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from tracker.errors import AnswerError, LayoutError
from tracker.model.ids import split_key
from tracker.model.source import Document

NUMBER = re.compile(r"NCT[0-9]{8}\Z")
"""The registry's number, in its canonical spelling."""

_REMEDY = "Nothing was stored; the next sync asks again. If it persists, look at the address in a browser."
_ANCHORS: tuple[tuple[str, ...], ...] = (
    ("identificationModule", "briefTitle"),
    ("statusModule", "overallStatus"),
    ("statusModule", "lastUpdatePostDateStruct", "date"),
    ("sponsorCollaboratorsModule", "leadSponsor", "name"),
    ("designModule", "studyType"),
)


def study(document: Document) -> dict[str, Any]:
    """The study's JSON as fresh dicts. A page of studies that holds just this one is opened.

    Raises AnswerError when the bytes are no study or another trial's, LayoutError when its anchors are gone.
    """
    decoded = _decoded(document)
    studies = decoded.get("studies")
    if isinstance(studies, list) and len(studies) == 1 and isinstance(studies[0], dict):
        decoded = studies[0]
    protocol = decoded.get("protocolSection")
    numbers = _numbers(protocol) if isinstance(protocol, dict) else ()
    if not isinstance(protocol, dict) or not numbers:
        shape = ", ".join(key[:40] for key in list(decoded)[:5]) or "nothing"
        raise _layout(document, f"the answer is no study: it has no protocolSection with an nctId, but {shape}")
    if split_key(document.trial).number not in numbers:
        raise _wrong(document, f"the answer is the record of {numbers[0]}")
    missing = [".".join(path) for path in _ANCHORS if not _is_text(_at(protocol, path)) and not _may_lack(protocol, path)]
    if missing:
        raise _layout(document, f"the answer lacks protocolSection's {', '.join(missing)}")
    return decoded


def digest(document: Document) -> str:
    """SHA-256 (hex) of the study's canonical JSON without what moves on its own; key order and white space do not matter."""
    content = study(document)
    derived = content.pop("derivedSection", None)
    misc = derived.get("miscInfoModule") if isinstance(derived, dict) else None
    if isinstance(misc, dict):
        content["derivedSection"] = {key: misc[key] for key in ("submissionTracking", "removedCountries") if key in misc}
    locations = _at(content["protocolSection"], ("contactsLocationsModule", "locations"))
    for location in locations if isinstance(locations, list) else ():
        if isinstance(location, dict):
            location.pop("geoPoint", None)
    try:
        return canonical_digest(content)
    except RecursionError as error:
        raise too_deep(document) from error


def canonical_digest(value: object) -> str:
    """SHA-256 (hex) of a JSON value with sorted keys and no white space."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def recognised(body: bytes) -> str | None:
    """The trial's key if the bytes are a study, or a page with just one."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if isinstance(decoded, dict) and isinstance(studies := decoded.get("studies"), list) and len(studies) == 1:
        decoded = studies[0]
    protocol = decoded.get("protocolSection") if isinstance(decoded, dict) else None
    numbers = _numbers(protocol) if isinstance(protocol, dict) else ()
    return f"ctgov:{numbers[0]}" if numbers else None


def _decoded(document: Document) -> dict[str, Any]:
    body = document.body
    if not body.strip():
        raise _wrong(document, "the answer is empty")
    if body.lstrip()[:1] == b"<":
        raise _wrong(document, "the answer is a web page (a maintenance or login page?), not the record's JSON")
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _wrong(document, f"the answer of {len(body)} bytes is not readable JSON ({error})") from error
    if not isinstance(decoded, dict):
        raise _wrong(document, f"the answer is a JSON {type(decoded).__name__}, not a study")
    return decoded


def _numbers(protocol: dict[str, Any]) -> tuple[str, ...]:
    """The study's own number, then its former ones."""
    module = protocol.get("identificationModule")
    number = module.get("nctId") if isinstance(module, dict) else None
    if not isinstance(module, dict) or not isinstance(number, str) or not NUMBER.match(number):
        return ()
    aliases = module.get("nctIdAliases")
    former = aliases if isinstance(aliases, list) else ()
    return (number, *(alias for alias in former if isinstance(alias, str)))


def _may_lack(protocol: dict[str, Any], path: tuple[str, ...]) -> bool:
    """A withheld record (a device not yet approved) says next to nothing about the study."""
    return path == ("designModule", "studyType") and _at(protocol, ("statusModule", "overallStatus")) == "WITHHELD"


def _at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def too_deep(document: Document) -> AnswerError:
    """The error for an answer that just decodes, and is nested too deeply for anything else."""
    return _wrong(document, "the answer is nested too deeply")


def monstrous(document: Document, what: str) -> AnswerError:
    """The error for an answer with a value that no study has."""
    return _wrong(document, f"the answer is no study that can be compared: {what}")


def _wrong(document: Document, what: str) -> AnswerError:
    return AnswerError(f"{document.trial}: {what}.", remedy=_REMEDY, source="ctgov", trial=document.trial, url=document.url)


def _layout(document: Document, what: str) -> LayoutError:
    return LayoutError(f"{document.trial}: {what}.", remedy=_REMEDY, source="ctgov", trial=document.trial, url=document.url)
