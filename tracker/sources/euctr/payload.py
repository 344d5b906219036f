"""What tells one version of a trial from another, and whose text a file is."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.extract.decoding import decode
from tracker.extract.read_log import ReadLog, canonical_digest, guarded
from tracker.model.source import Document
from tracker.sources.euctr.parts import parts_of, sniffed
from tracker.sources.euctr.results import results_of, text_of
from tracker.sources.euctr.words import IGNORED
from tracker.text.clean import clean


def digest(document: Document) -> str:
    """SHA-256 (hex) of the parts and of where results stand; the order of countries and what is left out do not show."""
    with guarded(document):
        parts = [[part.code, part.country, part.entered, _settled(part.fields, "")] for part in parts_of(document)]
        results = results_of(decode(document.body, document.content_type), ReadLog({}))
        return canonical_digest([sorted(parts, key=canonical_digest), msgspec.to_builtins(results)])


def sniff(body: bytes) -> str | None:
    """The key of the first trial, if the bytes are a download of full details."""
    number = sniffed(text_of(decode(body, "text/plain")))
    return f"euctr:{number}" if number else None


def _settled(value: Any, path: str) -> Any:
    """Without what is left out on purpose, and with clean texts."""
    if isinstance(value, dict):
        kept = {key: f"{path}{key}" for key in value if f"{path}{key}" not in IGNORED}
        return {key: _settled(value[key], f"{inner}[].") for key, inner in kept.items()}
    if isinstance(value, list):
        return [_settled(one, path) for one in value]
    return clean(value)
