"""From bytes to one study's JSON: the checks that an answer is the study that was asked for, and its digest."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from tracker.extract.json_reader import read_object, sniff_object
from tracker.extract.read_log import canonical_digest, guarded, layout_error, wrong_answer
from tracker.model.dates import RegistryDate
from tracker.model.ids import split_key
from tracker.model.source import Document, Fingerprint, StatedDates
from tracker.sources.ctgov import envelope
from tracker.sources.ctgov.fields import ANCHORS
from tracker.sources.ctgov.served import ProtocolSection

NUMBER = re.compile(r"NCT[0-9]{8}\Z")
"""The registry's number, in its canonical spelling."""


def study(document: Document) -> dict[str, Any]:
    """The study's JSON as fresh dicts. A page of studies that holds just this one is opened, as is a version of the history.

    Raises AnswerError when the bytes are no study or another trial's, LayoutError when its anchors are gone.
    """
    decoded = read_object(document)
    studies = decoded.get("studies")
    if isinstance(studies, list) and len(studies) == 1 and isinstance(studies[0], dict):
        decoded = studies[0]
    with guarded(document):
        decoded = envelope.opened(decoded)
    protocol = decoded.get("protocolSection")
    found = numbers(protocol) if isinstance(protocol, dict) else ()
    if not isinstance(protocol, dict) or not found:
        shape = ", ".join(key[:40] for key in list(decoded)[:5]) or "nothing"
        raise layout_error(document, f"the answer is no study: it has no protocolSection with an nctId, but {shape}")
    if split_key(document.trial).number not in found:
        raise wrong_answer(document, f"the answer is the record of {found[0]}")
    missing = [".".join(path) for path in ANCHORS if _is_missing(protocol, path) and not _may_lack(protocol, path)]
    if missing:
        raise layout_error(document, f"the answer lacks protocolSection's {', '.join(missing)}")
    return decoded


def is_complete(protocol: ProtocolSection, document: Document) -> bool:
    """Whether a study that was decoded at once passes the checks of `study`."""
    identification, status = protocol.identificationModule, protocol.statusModule
    anchors = (
        identification.briefTitle,
        status.overallStatus,
        status.lastUpdatePostDateStruct.date,
        protocol.sponsorCollaboratorsModule.leadSponsor.name,
        protocol.designModule.studyType,
    )
    number, asked = identification.nctId, split_key(document.trial).number
    return bool(
        number
        and NUMBER.match(number)
        and (asked == number or asked in identification.nctIdAliases)
        and all(anchor and not anchor.isspace() for anchor in anchors)
    )


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
    with guarded(document):
        return canonical_digest(content)


_FINGERPRINT_RULE: Final = "1"
"""Raised when `fingerprint` hashes other bytes: each trial's digest is then taken once more, and nothing else happens."""

_SECTIONS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _ServedDerived(msgspec.Struct, frozen=True):
    miscInfoModule: dict[str, msgspec.Raw] | None = None


_DERIVED = msgspec.json.Decoder(_ServedDerived)
_VERSION_HOLDER = msgspec.json.Decoder(object)


def fingerprint(document: Document) -> Fingerprint | None:
    """A hash of the sections as served, of derivedSection's only what the digest may look at; no value is decoded for it."""
    try:
        sections = _SECTIONS.decode(document.body)
        derived = sections.pop("derivedSection", None)
        misc = (_DERIVED.decode(derived).miscInfoModule if derived is not None else None) or {}
        holder = misc.pop("versionHolder", None)
        data_version = _day(_VERSION_HOLDER.decode(holder)) if holder is not None else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    taken = hashlib.sha256(_FINGERPRINT_RULE.encode())
    for part in (sections, misc):
        for name, raw in part.items():
            taken.update(f"{name}:{len(memoryview(raw))};".encode())
            taken.update(raw)
        taken.update(b"|")
    return Fingerprint(value=taken.hexdigest(), data_version=data_version)


class _Updated(msgspec.Struct, frozen=True):
    lastUpdateSubmitDate: object = None


class _UpdatedProtocol(msgspec.Struct, frozen=True):
    statusModule: _Updated = _Updated()


class _Misc(msgspec.Struct, frozen=True):
    versionHolder: object = None


class _Derived(msgspec.Struct, frozen=True):
    miscInfoModule: _Misc = _Misc()


class _Ages(msgspec.Struct, frozen=True):
    """As much of a study as says how new it is."""

    protocolSection: _UpdatedProtocol = _UpdatedProtocol()
    derivedSection: _Derived = _Derived()


_AGES = msgspec.json.Decoder(_Ages)


def stated_dates(document: Document) -> StatedDates:
    """The version holder, which is the day of the data that the study was served from, and the last update's submission."""
    try:
        ages = _AGES.decode(document.body)
        if ages == _Ages():
            ages = _ages_of(sniff_object(document.body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        ages = _ages_of(sniff_object(document.body))
    return StatedDates(
        data_version=_day(ages.derivedSection.miscInfoModule.versionHolder),
        last_update_submitted=_day(ages.protocolSection.statusModule.lastUpdateSubmitDate),
    )


def _ages_of(study: dict[str, Any]) -> _Ages:
    """The same of a study in which a module has a wrong type, or that is a version of the history."""
    if envelope.version_of(study) is not None:
        study = study["study"]
    holder = _at(study, ("derivedSection", "miscInfoModule", "versionHolder"))
    submitted = _at(study, ("protocolSection", "statusModule", "lastUpdateSubmitDate"))
    return _Ages(
        protocolSection=_UpdatedProtocol(statusModule=_Updated(lastUpdateSubmitDate=submitted)),
        derivedSection=_Derived(miscInfoModule=_Misc(versionHolder=holder)),
    )


def _day(value: object) -> str | None:
    return value if isinstance(value, str) and RegistryDate(value).precision == "day" else None


def sniff(body: bytes) -> str | None:
    """The trial's key if the bytes are a study, or a page with just one."""
    decoded: object = sniff_object(body)
    if isinstance(decoded, dict) and isinstance(studies := decoded.get("studies"), list) and len(studies) == 1:
        decoded = studies[0]
    if isinstance(decoded, dict) and envelope.version_of(decoded) is not None:
        decoded = decoded["study"]
    protocol = decoded.get("protocolSection") if isinstance(decoded, dict) else None
    found = numbers(protocol) if isinstance(protocol, dict) else ()
    return f"ctgov:{found[0]}" if found else None


def numbers(protocol: dict[str, Any]) -> tuple[str, ...]:
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


def _is_missing(value: object, path: tuple[str, ...]) -> bool:
    """Whether nothing stands at a place, or an empty text; what has a wrong type on the way to it is not missing."""
    for key in path:
        if not isinstance(value, dict):
            return False
        if key not in value:
            return True
        value = value[key]
    return isinstance(value, str) and not value.strip()
