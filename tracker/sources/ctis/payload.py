"""From bytes to one trial's JSON: the checks that an answer is the trial that was asked for, and its digest.

The relaunched portal of June 2024 put most of a record into ``authorizedApplication``; here it stands where it stood before, so
that records saved from either portal are read alike.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tracker.extract.json_reader import read_object, sniff_object
from tracker.extract.read_log import canonical_digest, guarded, layout_error, wrong_answer
from tracker.model.ids import split_key
from tracker.model.source import Document
from tracker.sources.ctis.words import INTERNAL

NUMBER = re.compile(r"(20\d{2}-5\d{5}-\d{2})-(\d{2})\Z", re.ASCII)
"""An EU CT number: the trial, and the round of its submission."""


def trial(document: Document) -> dict[str, Any]:
    """The trial's JSON as fresh dicts, without what is internal to the portal.

    Raises AnswerError when the bytes are no trial or another one's, LayoutError when its anchors are gone.
    """
    served = read_object(document)
    if not served:
        raise wrong_answer(document, "the answer is an empty object: the portal knows no trial with this number")
    number = NUMBER.match(str(served.get("ctNumber")))
    if number is None:
        shape = ", ".join(key[:40] for key in list(served)[:5])
        raise layout_error(document, f"the answer is no trial: it has no EU CT number, but {shape}")
    if split_key(document.trial).number != number[1]:
        raise wrong_answer(document, f"the answer is the record of {number[0]}")
    inner = served.pop("authorizedApplication", None)
    if isinstance(inner, dict):
        served |= inner
    missing = [] if isinstance(served.get("authorizedPartI"), dict) else ["authorizedPartI"]
    if "ctPublicStatusCode" not in served and "ctStatus" not in served:
        missing.append("ctPublicStatusCode")
    if missing:
        raise layout_error(document, f"the answer lacks {', '.join(missing)}")
    settled = _settled(served)
    assert isinstance(settled, dict)
    return settled


def digest(document: Document) -> str:
    """SHA-256 (hex) of the trial without what is internal to the portal; the order of lists does not matter."""
    with guarded(document):
        content = trial(document)
        content.pop("publicEvaluation", None)
        return canonical_digest(_sorted(content))


def sniff(body: bytes) -> str | None:
    """The trial's key if the bytes are a trial's JSON."""
    served = sniff_object(body)
    number = NUMBER.match(str(served.get("ctNumber")))
    known = "authorizedApplication" in served or "authorizedPartI" in served
    return f"ctis:{number[1]}" if number and known else None


def _settled(value: Any) -> Any:
    """Without what is internal; the portal writes a whole number now with, now without a decimal point."""
    if isinstance(value, dict):
        return {key: _settled(inner) for key, inner in value.items() if key not in INTERNAL}
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda inner: msgspec.json.encode(inner, order="deterministic"))
    return value
