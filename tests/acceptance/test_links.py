"""The links over all real records: how many of each sort and pair of registries, and every doubtful one, read by hand.

Each record is read by its own source; the rows of the WHO's exports stand for records of their home registries that are not
at hand. ``doubtful_links.csv`` is written by hand: how the two are linked, why that is doubted, what a reader of both finds.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.acceptance.test_isrctn_records import answers as isrctn_answers
from tracker import sources
from tracker.detect.disagreement import FIELDS, Side, verdict
from tracker.errors import SourceError
from tracker.links import LinkGraph, named_numbers
from tracker.model.ids import split_key
from tracker.model.links import Identity, Link
from tracker.model.record import TrialRecord
from tracker.model.source import Document, FileEntry, FromFiles, Source

pytestmark = pytest.mark.real_data

AT = datetime(2026, 11, 1, tzinfo=UTC)
DOUBTFUL = Path(__file__).with_name("doubtful_links.csv")
EXPORTS = ("export_2020-07-07*", "more/export_*")
"""Of the exports of 2020, each of which holds most of the one before, the last."""

ONE_TRIAL = {"euctr": "*.txt*", "drks": "DRKS0*.json"}
"""Sources whose saved files each hold one trial."""

PAIRS = {
    ("chictr", "ctgov"): 1,
    ("ctgov", "ctis"): 84,
    ("ctgov", "ctri"): 5,
    ("ctgov", "euctr"): 120,
    ("ctgov", "japic"): 1,
    ("ctgov", "jrct"): 9,
    ("ctgov", "omon"): 1,
    ("ctis", "euctr"): 3,
    ("ctis", "jrct"): 1,
    ("euctr", "euctr"): 113,
    ("euctr", "jrct"): 4,
    ("euctr", "ntr"): 1,
    ("euctr", "omon"): 3,
    ("japic", "jrct"): 3,
    ("jrct", "ntr"): 1,
    ("jrct", "omon"): 2,
    ("ntr", "omon"): 2,
}
"""How many links that are not in doubt are seen between two registries, from the records that are held."""

JOINED = {
    # Both records are held: sponsor and condition were compared by eye, and each pair is one trial.
    ("ctgov:NCT05665595", "ctis:2022-501417-31"),
    ("ctgov:NCT05697861", "ctis:2023-507385-11"),
    ("ctgov:NCT01960348", "euctr:EUCTR2013-002987-17-SE"),
    ("ctgov:NCT02175004", "euctr:EUCTR2013-004561-13-PT"),
    ("ctgov:NCT02312206", "euctr:EUCTR2014-003865-11-NL"),
    ("ctgov:NCT02510261", "euctr:EUCTR2014-003877-40-ES"),
    ("ctgov:NCT03862807", "euctr:EUCTR2018-003519-24-GB"),
    # The sponsor in Japan is a contract research company; the condition and the number are the same.
    ("ctgov:NCT03759379", "jrct:jRCT2080224769"),
    # A person stands for the sponsor in Japan.
    ("euctr:EUCTR2019-001698-10-PT", "jrct:jRCT2071210009"),
    ("euctr:EUCTR2019-001698-10-PT", "omon:NL-OMON55279"),
    ("jrct:jRCT2071210009", "omon:NL-OMON55279"),
}
"""Pairs of held records at different registries that are linked, and not in doubt."""


@pytest.fixture(scope="module")
def records(real_data: Path) -> dict[str, TrialRecord]:
    found = {record.trial: record for record in _own(real_data)}
    for record in _of_files(real_data):
        found.setdefault(record.trial, record)
    return found


@pytest.fixture(scope="module")
def graph(records: dict[str, TrialRecord]) -> LinkGraph:
    held = {key: Identity(lead_sponsor=one.lead_sponsor, conditions=one.conditions) for key, one in records.items()}
    return LinkGraph((number for one in records.values() for number in named_numbers(one)), held)


@pytest.fixture(scope="module")
def links(records: dict[str, TrialRecord], graph: LinkGraph) -> list[Link]:
    return [link for key in records for link in graph.links(key)]


def test_every_doubtful_link_is_one_that_a_reader_doubts(links: list[Link]) -> None:
    rows = list(csv.DictReader(DOUBTFUL.read_text(encoding="utf-8").splitlines()))
    found = {(link.trial, link.other, link.how, link.doubt.reason) for link in links if link.doubt}
    assert found == {(row["trial"], row["other"], row["how"], row["doubt"]) for row in rows}
    assert all(len(row["why"]) > 40 for row in rows)


def test_held_records_of_one_trial_are_linked(records: dict[str, TrialRecord], links: list[Link]) -> None:
    held = [link for link in links if link.other in records and not link.doubtful]
    pairs = {(min(link.trial, link.other), max(link.trial, link.other)) for link in held}
    across = {pair for pair in pairs if len({split_key(key).source for key in pair}) == 2}
    assert across == JOINED
    assert {(link.other, link.trial) for link in held} == {(link.trial, link.other) for link in held}


def test_real_registrations_of_one_trial_do_not_disagree(records: dict[str, TrialRecord], links: list[Link]) -> None:
    """Read by hand: coarse words, statuses by country alone, and an EU application that was never authorised."""
    held = {key: record for key, record in records.items() if split_key(key).source in _sources()}
    pairs = [link for link in links if {link.trial, link.other} <= held.keys() and not link.doubtful]
    across = [link for link in pairs if split_key(link.trial).source != split_key(link.other).source]
    found = {
        (link.trial, link.other, field): verdict(field, _side(held[link.trial]), _side(held[link.other]), AT.date())
        for link in across
        for field in FIELDS
    }
    assert len(found) >= 28
    assert [pair for pair, said in found.items() if said == "differ"] == []


def _side(record: TrialRecord) -> Side:
    info = _sources()[split_key(record.trial).source].info
    return Side(record=record, source=info, tracked_since=AT, last_seen_at=AT)


def test_how_many_links_there_are_between_two_registries(links: list[Link]) -> None:
    sure = [link for link in links if not link.doubtful]
    assert Counter(_registries(link) for link in sure) == PAIRS


def test_how_many_links_there_are_of_each_sort(records: dict[str, TrialRecord], links: list[Link]) -> None:
    assert len(records) >= 2_900
    assert len({split_key(key).source for key in records}) >= 20
    counts = Counter((link.how, link.confidence) for link in links)
    assert counts["names", "stated"] >= 300
    assert counts["names", "doubtful"] == 3
    assert counts["through", "stated"] >= 40
    assert {how for how, _ in counts} <= {"names", "named_by", "through", "both"}


def _registries(link: Link) -> tuple[str, str]:
    one, other = sorted((split_key(link.trial).source, split_key(link.other).source))
    return one, other


@cache
def _sources() -> dict[str, Source]:
    return dict(sources.load())


def _read(key: str, body: bytes, content_type: str) -> Iterator[TrialRecord]:
    """What a source reads of a saved record; nothing of a page or a cut of one that it refuses."""
    source = _sources()[split_key(key).source]
    document = Document(
        source=source.info.key, trial=key, url="", body=body, content_type=content_type, fetched_at=AT, as_of=AT
    )
    try:
        yield source.parse(document).record
    except SourceError:
        return


def _own(folder: Path) -> Iterator[TrialRecord]:
    """The records of registries that are asked."""
    for key, body in _served(folder):
        yield from _read(key, body, "application/json")
    for name, pattern in ONE_TRIAL.items():
        for path in sorted((folder / name).rglob(pattern)):
            if key := _sources()[name].sniff(body := _bytes_of(path)):
                yield from _read(key, body, "")
    for number, body in isrctn_answers(folder):
        yield from _read(f"isrctn:{number}", body, "application/xml")


def _of_files(folder: Path) -> Iterator[TrialRecord]:
    """The records of registries that are read from files, and the rows of exports, under the number of their home registry."""
    for name, source in _sources().items():
        patterns = EXPORTS if name == "ictrp" else ("**/*",)
        for path in sorted(one for pattern in patterns for one in (folder / name).glob(pattern) if one.is_file()):
            for record in _in_file(source, _bytes_of(path)):
                if source.info.kind != "aggregator":
                    yield record
                elif home := source.info.home_keys(record.trial):
                    yield msgspec.structs.replace(record, trial=home[0])


def _in_file(source: Source, body: bytes) -> Iterator[TrialRecord]:
    if not isinstance(source, FromFiles) or not source.is_file(body[:4096]):
        return
    for entry in source.entries(io.BytesIO(body)):
        if isinstance(entry, FileEntry):
            yield from _read(entry.trial, entry.body, entry.content_type)


def _bytes_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _served(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every record in the folders of both registries, alone or in a list, with its key; later files stand last."""
    files = (one for part in ("ctgov", "ctgov-v2", "ctis") for one in (folder / part).rglob("*json*") if one.is_file())
    for path in sorted(files):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        waiting: list[Any] = [json.loads(line) for line in body.splitlines()] if "ndjson" in path.name else [json.loads(body)]
        while waiting:
            one = waiting.pop()
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, dict) and "protocolSection" in one:
                if number := one["protocolSection"].get("identificationModule", {}).get("nctId"):
                    yield f"ctgov:{number}", json.dumps(one).encode()
            elif isinstance(one, dict) and "authorizedApplication" in one:
                yield f"ctis:{'-'.join(one['ctNumber'].split('-')[:3])}", json.dumps(one).encode()
            elif isinstance(one, dict):
                waiting += [value for value in one.values() if isinstance(value, dict | list)]
