"""The records that are measured: real ones where TRACKER_REAL_DATA names their folder, else made ones of the same shape."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

_HOLDER = re.compile(rb'"versionHolder":"[0-9-]{10}"')
_VERIFIED = re.compile(rb'"statusVerifiedDate":"[0-9-]{7,10}"')
_UPDATED = re.compile(rb'"lastUpdatePostDateStruct":{"date":"[0-9-]{7,10}"')
_NUMBER = re.compile(rb'"nctId":"(NCT[0-9]{8})"')
_FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "ctgov"
_MADE = ("ordinary.json", "ended_early.json", "with_results.json")


class Pair(NamedTuple):
    """A study before and after a change, as JSON in one line."""

    number: str
    old: bytes
    new: bytes


def real_folder() -> Path | None:
    """The folder of real records, None where there is none."""
    named = os.environ.get("TRACKER_REAL_DATA", "")
    return Path(named) / "ctgov" if named else None


@cache
def originals() -> tuple[bytes, ...]:
    """Each distinct study, in one line of JSON as the registry serves it."""
    folder = real_folder()
    if folder is None:
        return tuple(_compact((_FIXTURES / name).read_bytes()) for name in _MADE)
    lines: list[bytes] = []
    for path in sorted((folder / "studies").glob("studies-*.ndjson.gz")):
        with gzip.open(path, "rb") as file:
            lines += [line.rstrip(b"\n") for line in file]
    return tuple(lines)


def _compact(body: bytes) -> bytes:
    study = json.loads(body)
    study["protocolSection"]["identificationModule"].pop("nctIdAliases", None)
    return json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()


def number_of(study: bytes) -> str:
    """The number of a study."""
    found = _NUMBER.search(study)
    assert found is not None
    return found[1].decode()


def nct(place: int) -> str:
    """The number of the study at a place of `varied`."""
    return f"NCT{70_000_000 + place}"


def varied(place: int, day: str) -> bytes:
    """A study under a number of its own, served on a day: the originals in turn, as often as they are needed."""
    every = originals()
    original = every[place % len(every)]
    first = f'"nctId":"{number_of(original)}"'.encode()
    return stamped(original.replace(first, f'"nctId":"{nct(place)}"'.encode(), 1), day)


def stamped(study: bytes, day: str) -> bytes:
    """The study as it is served on a day: its version holder moves, and nothing else."""
    return _HOLDER.sub(b'"versionHolder":"%s"' % day.encode(), study)


def reverified(study: bytes, month: str) -> bytes:
    """The study after an update that nobody is told of: its date of verification moved."""
    return _VERIFIED.sub(b'"statusVerifiedDate":"%s"' % month.encode(), study, count=1)


def amended(study: bytes, times: int, day: str) -> bytes:
    """The study after an update that is news: its title and its enrollment are others, under a new date."""
    study = re.sub(rb'"briefTitle":"', b'"briefTitle":"Amendment %d of: ' % times, study, count=1)
    study = re.sub(rb'"enrollmentInfo":{"count":[0-9]+', b'"enrollmentInfo":{"count":%d' % (1000 + times), study, count=1)
    return _UPDATED.sub(b'"lastUpdatePostDateStruct":{"date":"%s"' % day.encode(), study, count=1)


def page(bodies: Sequence[bytes], token: str = "") -> bytes:
    """A page of studies as the registry serves it."""
    rest = b',"nextPageToken":"%s"' % token.encode() if token else b""
    return b"".join([b'{"studies":[\n', b",\n".join(bodies), b"\n]", rest, b"}"])


def pairs() -> Iterator[Pair]:
    """Studies before and after a real change, or before and after a made one."""
    folder = real_folder()
    if folder is None:
        for original in originals():
            yield Pair(number_of(original), original, amended(original, 1, "2026-03-02"))
        return
    with (folder / "pairs" / "index.csv").open(newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index):
            yield Pair(row["nctId"], _read(folder / row["before"]), _read(folder / row["after"]))


def _read(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body
