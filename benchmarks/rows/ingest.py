"""The first reading of records into SQLite, and one parse."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import studies
from benchmarks.figures import Bar, Figure, Size
from benchmarks.measuring import best, cpu
from benchmarks.registry import Held
from benchmarks.stage import Stage, days
from tracker.model.source import Document
from tracker.sources.ctgov import SOURCE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NAME = "ingest"
_BATCH = 200


def measure(size: Size, folder: Path) -> list[Figure]:
    """Records read, stored and followed; then parsed by themselves."""
    count = 8 if size == "tiny" else len(studies.originals())
    [day] = days(1)
    _loaded(folder / "before", day)
    stage = Stage(folder, Held(count=count, first_day=day, day=day))
    bodies = list(stage.bodies.values())
    took = cpu(stage.sync)
    stage.close()
    least = min(_floor(bodies, folder / "tracker.db", folder / f"floor-{number}.db") for number in range(3))
    documents = _documents(stage, bodies)
    parsing = best(lambda: deque(map(SOURCE.parse, documents), maxlen=0))
    decoding = best(lambda: deque(map(msgspec.json.decode, bodies), maxlen=0))
    return [
        Figure(
            name="first reading into SQLite",
            figure=took / count * 1e6,
            unit="µs/study",
            floor=least / count * 1e6,
            floor_is="decode, canonical digest, zstd-3, and the same rows by sqlite3",
            bar=Bar(2.5),
        ),
        Figure(
            name="one parse",
            figure=parsing / count * 1e6,
            unit="µs/study",
            floor=decoding / count * 1e6,
            floor_is="plain decoding of its JSON",
            bar=Bar(250, of="figure"),
        ),
    ]


def _loaded(folder: Path, day: str) -> None:
    """Read a few, so that what a program loads and makes once is not charged to records: `starting` measures that."""
    stage = Stage(folder, Held(count=8, first_day=day, day=day))
    stage.sync()
    stage.close()


def _documents(stage: Stage, bodies: list[bytes]) -> list[Document]:
    return [
        Document(
            source="ctgov",
            trial=f"ctgov:{studies.number_of(body)}",
            url=f"https://registry.test/{studies.number_of(body)}",
            body=body,
            content_type="application/json",
            fetched_at=stage.now,
            as_of=stage.now,
        )
        for body in bodies
    ]


def _floor(bodies: list[bytes], made: Path, path: Path) -> float:
    """The processor time of what no way around: the rows are those that the sync wrote, without what reads and decides."""
    kept = "type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'search_words%'"  # a full-text index makes its own
    with closing(sqlite3.connect(made)) as read:
        read.text_factory = bytes
        schema = [sql.decode() for (sql,) in read.execute(f"SELECT sql FROM sqlite_master WHERE {kept}")]
        names = [name.decode() for (name,) in read.execute(f"SELECT name FROM sqlite_master WHERE {kept} AND type = 'table'")]
        read.text_factory = str
        rows: dict[str, list[Any]] = {name: list(read.execute(f"SELECT * FROM {name}")) for name in names}
    with closing(sqlite3.connect(path, isolation_level=None)) as write:
        write.execute("PRAGMA journal_mode=WAL")
        write.execute("PRAGMA synchronous=FULL")
        for sql in schema:
            if "sqlite_sequence" not in sql:
                write.execute(sql)
        return cpu(lambda: _write(bodies, rows, write))


def _write(bodies: list[bytes], rows: dict[str, list[Any]], write: sqlite3.Connection) -> None:
    compressor = zstd.ZstdCompressor(3)
    for body in bodies:
        content = msgspec.json.decode(body)
        hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
        compressor.compress(body, compressor.FLUSH_FRAME)
    for name, some in rows.items():
        if name == "sqlite_sequence":
            continue
        for start in range(0, len(some), _BATCH):
            part = some[start : start + _BATCH]
            write.execute("BEGIN IMMEDIATE")
            write.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(part[0]))})", part)
            write.execute("COMMIT")
