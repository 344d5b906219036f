"""The links over all real records: how many there are of each sort, and every doubtful one with its reason, read by hand.

Records of ClinicalTrials.gov and EU CTIS are read by their sources, those of an export of the WHO's portal by their columns.
"""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracker import sources
from tracker.errors import SourceError
from tracker.links import LinkGraph, named_numbers
from tracker.model.ids import recognise
from tracker.model.links import Identity
from tracker.model.record import Organisation, SecondaryId, TrialRecord
from tracker.model.source import Document

pytestmark = pytest.mark.real_data

AT = datetime(2026, 11, 1, tzinfo=UTC)
EXPORT = "ictrp/more/export_2024-06-09_95_trials.xml.gz"

DOUBTFUL = {
    # A device study names the number of SPYRAL SWFYT, a later study of the same company: related, and another trial.
    ("ctgov:NCT05198674", "ctgov:NCT07115953"): "same_registry",
    # One master protocol in the EU, over two trials of the same drug at ClinicalTrials.gov: which of them is it?
    ("ctgov:NCT06972472", "ctis:2025-521098-14"): "shared_number",
    ("ctgov:NCT06993792", "ctis:2025-521098-14"): "shared_number",
}
"""Every doubtful link: what a reader of the records finds."""

JOINED = {
    # Both records are held: sponsor and condition were compared by eye, and each pair is one trial.
    ("ctgov:NCT05665595", "ctis:2022-501417-31"),
    ("ctgov:NCT05697861", "ctis:2023-507385-11"),
    ("ctgov:NCT01960348", "euctr:2013-002987-17-SE"),
    ("ctgov:NCT02175004", "euctr:2013-004561-13-PT"),
    ("ctgov:NCT02312206", "euctr:2014-003865-11-NL"),
    ("ctgov:NCT02510261", "euctr:2014-003877-40-ES"),
    ("ctgov:NCT03862807", "euctr:2018-003519-24-GB"),
    # The sponsor in Japan is a contract research company; the condition and the number are the same.
    ("ctgov:NCT03759379", "jrct:jRCT2080224769"),
    # A person stands for the sponsor in Japan.
    ("euctr:2019-001698-10-PT", "jrct:jRCT2071210009"),
    ("euctr:2019-001698-10-PT", "omon:NL-OMON55279"),
}
"""Pairs of held records at different registries that are linked, and not in doubt."""


@pytest.fixture(scope="module")
def records(real_data: Path) -> dict[str, TrialRecord]:
    known = sources.load()
    found: dict[str, TrialRecord] = {}
    for key, body in _served(real_data):
        source = key.partition(":")[0]
        document = Document(
            source=source, trial=key, url="", body=body, content_type="application/json", fetched_at=AT, as_of=AT
        )
        try:
            found[key] = known[source].parse(document).record
        except SourceError:
            continue  # cut by hand, or of a page that shows a few fields
    for record in _exported(real_data / EXPORT):
        found.setdefault(record.trial, record)
    return found


@pytest.fixture(scope="module")
def graph(records: dict[str, TrialRecord]) -> LinkGraph:
    held = {key: Identity(lead_sponsor=one.lead_sponsor, conditions=one.conditions) for key, one in records.items()}
    return LinkGraph((number for one in records.values() for number in named_numbers(one)), held)


def test_every_doubtful_link_is_one_that_a_reader_doubts(records: dict[str, TrialRecord], graph: LinkGraph) -> None:
    links = [link for key in records for link in graph.links(key)]
    assert {(link.trial, link.other): link.doubt.reason for link in links if link.doubt} == DOUBTFUL


def test_held_records_of_one_trial_are_linked(records: dict[str, TrialRecord], graph: LinkGraph) -> None:
    links = [link for key in records for link in graph.links(key) if link.other in records and not link.doubtful]
    pairs = {(min(link.trial, link.other), max(link.trial, link.other)) for link in links}
    across = {pair for pair in pairs if len({key.partition(":")[0] for key in pair}) == 2}
    assert across - {("jrct:jRCT2071210009", "omon:NL-OMON55279")} == JOINED
    assert {(link.other, link.trial) for link in links} == {(link.trial, link.other) for link in links}


def test_how_many_links_there_are_of_each_sort(records: dict[str, TrialRecord], graph: LinkGraph) -> None:
    assert len(records) >= 1_900
    counts = Counter((link.how, link.confidence) for key in records for link in graph.links(key))
    assert counts["names", "stated"] >= 200
    assert counts["names", "doubtful"] == 3
    assert counts["through", "stated"] >= 30
    assert {how for how, _ in counts} <= {"names", "named_by", "through", "both"}


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


def _exported(path: Path) -> Iterator[TrialRecord]:
    """The records of an export, as far as links need them."""
    for trial in ElementTree.fromstring(gzip.decompress(path.read_bytes())).iter("Trial"):
        given = {part.tag: (part.text or "").strip() for part in trial}
        number = recognise(re.sub(r"\A(?:JPRN-|CTIS|EUCTR)", "", given["TrialID"]))
        if number:
            yield TrialRecord(
                trial=number.key,
                secondary_ids=tuple(SecondaryId(id=one) for one in given.get("Secondary_ID", "").split(";") if one.strip()),
                lead_sponsor=Organisation(name=given.get("Primary_sponsor", "")),
                conditions=tuple(one.strip() for one in re.split(r";|<br>", given.get("Condition", "")) if one.strip()),
            )
