"""What a served document is known by: its digest, taken from the bytes alone where they were seen before. Pure."""

from __future__ import annotations

import hashlib
from typing import cast

import msgspec

from tracker.detect import age
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Document, Fingerprint, Fingerprinted, Source


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """The digest of a served document, the data version that it states, and its fingerprint if the trial has another one."""

    digest: str
    data_version: str | None = None
    fingerprint: str | None = None


def known_by(source: Source, document: Document, known: TrackedTrial) -> Served:
    """What the document is known by. Raises as ``source.digest`` does.

    A fingerprint is kept together with the digest that it stands for: if the trial's current version is another one, or if
    digests or fingerprints are made by another rule than then, the digest is computed and the new fingerprint kept with it.
    """
    fingerprint = _fingerprint(source, document)
    if fingerprint is None:
        return Served(digest=source.digest(document), data_version=age.stated_dates(source, document).data_version)
    stated = fingerprint.data_version
    if known.current and known.fingerprint == _with_digest(fingerprint, known.current.digest):
        return Served(digest=known.current.digest, data_version=stated)
    digest = source.digest(document)
    return Served(digest=digest, data_version=stated, fingerprint=_with_digest(fingerprint, digest))


def _fingerprint(source: Source, document: Document) -> Fingerprint | None:
    # Sources name their abilities as base classes; isinstance would look for each member of the protocol in every call.
    return cast("Fingerprinted", source).fingerprint(document) if Fingerprinted in type(source).__mro__ else None


def _with_digest(fingerprint: Fingerprint, digest: str) -> str:
    """Both as one short hash: it is written for every trial whose bytes moved."""
    return hashlib.sha256(f"{fingerprint.value} {digest}".encode()).hexdigest()[:24]
