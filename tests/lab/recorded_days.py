"""Real days for the loopback registry, rebuilt from the recorded sightings of some two hundred studies.

`replay` needs the folder of real records (the fixture ``real_data``). It also says which studies really changed from one day
to the next, judged on the raw JSON and by nothing of the tracker's own.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab.day import Day

_QUIET = {
    "statusModule": ("statusVerifiedDate", "lastUpdateSubmitDate", "lastUpdatePostDateStruct"),
    "posted": ("studyFirstPostDateStruct", "resultsFirstPostDateStruct", "dispFirstPostDateStruct"),
}
_HOLDER = b'"versionHolder":"%s"'


@dataclass(frozen=True)
class Replayed:
    """A day, the studies that it holds for the first time, and those whose content differs from the day before.

    ``changed`` leaves out what the registry derives or re-codes by itself and what is quiet (update and verification dates,
    kinds of posting dates), the order of lists and white space; ``touched`` also holds studies that differ in only those.
    """

    day: Day
    appeared: frozenset[str]
    changed: frozenset[str]
    touched: frozenset[str]


class Content(NamedTuple):
    """A study's JSON in one line, and the data version that is written in it."""

    body: bytes
    version: str


class _Studies(Mapping[str, bytes]):
    """The studies of one day: contents shared with the other days, stamped with the day's data version when asked for."""

    def __init__(self, contents: Mapping[str, Content], version: str) -> None:
        self._contents = dict(contents)
        self._version = version

    def __getitem__(self, nct: str) -> bytes:
        content = self._contents[nct]
        return content.body.replace(_HOLDER % content.version.encode(), _HOLDER % self._version.encode())

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)


def replay(real_data: Path) -> Iterator[Replayed]:
    """Every data version of the recorded sightings, oldest first; a study that was not sighted keeps its latest content."""
    folder = real_data / "ctgov"
    sightings: dict[str, dict[str, tuple[str, str, str]]] = {}
    with (folder / "observations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_study = sightings.setdefault(row["dataVersion"], {})
            sighting = (row["committed"], row["content_sha256_16"], row["content_in"])
            by_study[row["nctId"]] = max(sighting, by_study.get(row["nctId"], sighting))
    wanted = {nct for by_study in sightings.values() for nct, (_, _, place) in by_study.items() if place == "studies"}
    loaded = dict(_from_studies(folder, wanted))
    current: dict[str, Content] = {}
    digests: dict[str, str] = {}
    for version in sorted(sightings):
        appeared, changed, touched = set(), set(), set()
        for nct, (_, digest, place) in sightings[version].items():
            before = current.get(nct)
            if before and digests[nct] == digest:
                continue
            after = loaded[nct] if place == "studies" else _read(folder / place)
            if before is None:
                appeared.add(nct)
            elif essence(before.body) != essence(after.body):
                changed.add(nct)
            if before:
                touched.add(nct)
            current[nct], digests[nct] = after, digest
        day = Day(f"{version}T09:00:05", _Studies(current, version))
        yield Replayed(day, frozenset(appeared), frozenset(changed), frozenset(touched))


def essence(body: bytes) -> str:
    """What of a study is worth telling, as canonical text: equal essences mean that nothing happened."""
    study = json.loads(body)
    derived = study.pop("derivedSection", {}).get("miscInfoModule", {})
    study["derived"] = {name: derived[name] for name in ("submissionTracking", "removedCountries") if name in derived}
    protocol = study.get("protocolSection", {})
    for name in _QUIET["statusModule"]:
        protocol.get("statusModule", {}).pop(name, None)
    for name in _QUIET["posted"]:
        protocol.get("statusModule", {}).get(name, {}).pop("type", None)
    for site in protocol.get("contactsLocationsModule", {}).get("locations", []):
        site.pop("geoPoint", None)
    return json.dumps(_unordered(study), sort_keys=True)


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unordered(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return " ".join(value.split()) if isinstance(value, str) else value


def _from_studies(folder: Path, wanted: set[str]) -> Iterator[tuple[str, Content]]:
    for path in sorted((folder / "studies").glob("studies-*.ndjson.gz")):
        with gzip.open(path, "rb") as file:
            for line in file:
                study = json.loads(line)
                nct = study["protocolSection"]["identificationModule"]["nctId"]
                if nct in wanted:
                    yield nct, _content(study)


def _read(path: Path) -> Content:
    if not path.exists():
        path = path.with_name(path.name + ".gz")
    raw = path.read_bytes()
    return _content(json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw))


def _content(study: dict[str, Any]) -> Content:
    body = json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()
    return Content(body, study["derivedSection"]["miscInfoModule"]["versionHolder"])
