"""The history that ClinicalTrials.gov shows beside a record: the index of its versions, and each of them.

The interface is undocumented, so nothing is guessed: an index of another shape than it always had is an error that says what
is wrong. A number that the index does not list is answered like a refusal, so only listed versions are asked for.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tracker.errors import StatusError
from tracker.extract.json_reader import read_object
from tracker.extract.read_log import layout_error, wrong_answer
from tracker.model.dates import RegistryDate
from tracker.model.history import OriginalData, RecordHistory, RegistryVersion
from tracker.model.ids import split_key
from tracker.model.record import Enrollment, OutcomeMeasure, TrialRecord
from tracker.model.source import Document, Fetch, Response
from tracker.model.vocabulary import REGISTRY_STATUSES
from tracker.sources.ctgov import envelope, payload
from tracker.sources.ctgov.fields import UNKNOWN_COUNT
from tracker.text.clean import cleaned

_API = "/v2"
_HISTORY = "/history/"


class _Listed(msgspec.Struct, frozen=True):
    """A version as the index lists it: what the registry's own description of its interface requires."""

    version: int
    date: str
    status: str
    moduleLabels: tuple[str, ...]


class _Outcome(msgspec.Struct, frozen=True):
    measure: str | None = None
    timeFrame: str | None = None
    description: str | None = None


class _Enrollment(msgspec.Struct, frozen=True):
    count: int | None = None
    type: str | None = None


def base_of(base_url: str) -> str:
    """Where the history is, beside the documented interface."""
    parts = urlsplit(base_url)
    beside = parts.path.rstrip("/").removesuffix(_API)
    return f"{parts.scheme}://{parts.netloc}{beside}/int"


def address(base_url: str, number: str, version: int) -> str:
    """Where one version of a record is."""
    return f"{base_of(base_url)}/studies/{number}{_HISTORY}{version}"


def is_past(url: str) -> bool:
    """Whether an address is that of one version of a record."""
    return _HISTORY in url


def history(trial: str, fetch: Fetch) -> RecordHistory:
    """The index of a trial's versions, by one request; by a second one where the first answer has no index."""
    number = split_key(trial).number
    place = f"{base_of(fetch.base_url)}/studies/{number}"
    document, answer = _index(trial, fetch, place)
    versions = _versions(document, _at(answer, "history", "changes"))
    study = answer.get("study")
    present = envelope.opened({"studyVersion": 0, "study": study}) if isinstance(study, dict) else {}
    if present:
        _require_own(document, present, number)
    return RecordHistory(trial=trial, versions=versions, original=_original(_at(answer, "history", "originalData"), present))


def _index(trial: str, fetch: Fetch, place: str) -> tuple[Document, dict[str, Any]]:
    """The answer that holds the index, and what it says: ``history``, and maybe the ``study`` beside it."""
    study: object = None
    try:
        document = _document(trial, fetch.get(place, [("history", "true")]))
        answer = read_object(document)
        if isinstance(answer.get("history"), dict):
            return document, answer
        study = answer.get("study")
    except StatusError as error:
        if error.status not in (400, 404):
            raise
    document = _document(trial, fetch.get(f"{place}/history"))
    answer = read_object(document)
    return document, {"history": answer.get("history", answer), "study": study}


def past_version(trial: str, version: RegistryVersion, fetch: Fetch) -> Document:
    """The record as one version of the index had it; the bytes as served.

    No other TLS profile is tried: the index, at the same place, was answered, and a 403 may mean that there is no such version.
    """
    number = split_key(trial).number
    answer = fetch.get(address(fetch.base_url, number, version.number), try_profiles=False)
    document = msgspec.structs.replace(_document(trial, answer), as_of=version.valid_from)
    require_version(document, version.number)
    return document


def require_version(document: Document, number: int) -> None:
    """Raise AnswerError unless the document is this version of the trial's record."""
    decoded = read_object(document)
    stated = envelope.version_of(decoded)
    if stated is None:
        shape = ", ".join(key[:40] for key in list(decoded)[:5]) or "nothing"
        raise layout_error(document, f"the answer for version {number} is no version of a study, but {shape}")
    if stated != number:
        raise wrong_answer(document, f"the answer for version {number} is version {stated}")
    payload.study(document)


def numbered(document: Document) -> int | None:
    """The number of the version that a document says it is; None for a record of the documented interface."""
    return envelope.version_of(read_object(document))


def as_past(record: TrialRecord) -> TrialRecord:
    """A record without what the history never has: derived terms and papers, steps of quality control, tables of results."""
    references = tuple(one for one in record.references or () if one.type != "DERIVED")
    return msgspec.structs.replace(
        record,
        references=references,
        results_state="POSTED" if record.results_state == "POSTED" else None,
        results_submissions=None,
        results_digests=None,
        rest={path: value for path, value in record.rest.items() if not path.startswith("derivedSection.")},
    )


def _document(trial: str, answer: Response) -> Document:
    return Document(
        source="ctgov",
        trial=trial,
        url=answer.url,
        body=answer.body,
        content_type=answer.content_type,
        fetched_at=answer.fetched_at,
        as_of=answer.fetched_at,
    )


def _require_own(document: Document, study: dict[str, Any], number: str) -> None:
    protocol = study.get("protocolSection")
    numbers = payload.numbers(protocol) if isinstance(protocol, dict) else ()
    if not numbers or numbers[0] != number:
        raise wrong_answer(document, f"the answer is the history of {numbers[0] if numbers else 'no study'}")


def _versions(document: Document, changes: object) -> tuple[RegistryVersion, ...]:
    """The versions of an index: numbered from 0 without a gap, none older than the one before."""
    if not isinstance(changes, list) or not changes:
        raise layout_error(document, "the answer holds no index of versions (no list in history.changes)")
    found: list[RegistryVersion] = []
    for place, entry in enumerate(changes):
        try:
            listed = msgspec.convert(entry, _Listed)
        except (msgspec.ValidationError, RecursionError) as error:
            raise layout_error(document, f"entry {place} of the index of versions is not as it should be: {error}") from error
        version = _version(document, listed)
        if version.number != place:
            raise layout_error(document, f"the index of versions has {version.number} where {place} should stand")
        if found and version.date < found[-1].date:
            raise layout_error(document, f"version {place} of the index is older than version {place - 1}")
        found.append(version)
    return tuple(found)


def _version(document: Document, listed: _Listed) -> RegistryVersion:
    date = RegistryDate(listed.date)
    if date.precision != "day" or date.first is None:
        raise layout_error(document, f"version {listed.version} of the index has no day but {listed.date[:40]!r}")
    if not listed.status.strip():
        raise layout_error(document, f"version {listed.version} of the index has no status")
    day: dt.date = date.first
    return RegistryVersion(
        number=listed.version,
        date=day,
        recruitment_status=listed.status if listed.status in REGISTRY_STATUSES else None,
        said=listed.status,
        touched=listed.moduleLabels,
    )


def _original(said: object, present: dict[str, Any]) -> OriginalData:
    """What the index says of the first version; what it calls the same is as the study beside it has it."""
    if not isinstance(said, dict):
        return OriginalData()

    def first(name: str, same: str, now: object) -> object:
        return said[name] if name in said else now if said.get(same) is True else None

    outcomes = _at(present, "protocolSection", "outcomesModule")
    enrolled = _at(present, "protocolSection", "designModule", "enrollmentInfo")
    lead = _at(present, "protocolSection", "sponsorCollaboratorsModule", "leadSponsor")

    def measures(name: str) -> tuple[OutcomeMeasure, ...] | None:
        now = outcomes.get(name, []) if isinstance(outcomes, dict) else None
        return _outcomes(first(name, f"{name}Same", now))

    return OriginalData(
        primary_outcomes=measures("primaryOutcomes"),
        secondary_outcomes=measures("secondaryOutcomes"),
        other_outcomes=measures("otherOutcomes"),
        enrollment=_enrollment(first("enrollmentInfo", "enrollmentCountSame", enrolled)),
        lead_sponsor=_name(first("leadSponsor", "leadSponsorSame", lead)),
    )


def _outcomes(value: object) -> tuple[OutcomeMeasure, ...] | None:
    try:
        listed = msgspec.convert(value, tuple[_Outcome, ...])
    except (msgspec.ValidationError, RecursionError):
        return None
    return tuple(
        OutcomeMeasure(measure=_text(one.measure) or "", time_frame=_text(one.timeFrame), description=_text(one.description))
        for one in listed
    )


def _enrollment(value: object) -> Enrollment | None:
    try:
        said = msgspec.convert(value, _Enrollment)
    except (msgspec.ValidationError, RecursionError):
        return None
    return Enrollment(
        count=None if said.count == UNKNOWN_COUNT else said.count, type="ESTIMATED" if said.type == "ANTICIPATED" else said.type
    )


def _name(value: object) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    return _text(name) if isinstance(name, str) else None


def _text(text: str | None) -> str | None:
    return cleaned(envelope.plain_text(text)) if text else None


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
