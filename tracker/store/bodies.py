"""The bytes of versions in the database: how each is stored, how it is read, and how older ones are packed anew.

A dictionary is trained from the versions of its source once enough are there, and kept as long as a version needs it. The
first version of a trial stands whole; a later one is a delta against the newest whole one, or whole where that saves little. A
base is accepted or of the same run, so that it goes only together with its deltas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from tracker.errors import StoreError
from tracker.model.ids import split_key
from tracker.model.staging import StagedSnapshot, StagedVersion, VersionRef
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.packing import (
    BY_DICTIONARY,
    DELTA,
    SAMPLE,
    SHORTEST_BASE,
    THOROUGH,
    WHOLE,
    Dictionary,
    pack,
    pack_delta,
    train,
    unpack,
)

ENOUGH = 100
"""Versions of a source from which on it gets a dictionary."""

ENOUGH_STAGED = 400
"""The same in the middle of a first load: the later trials of a large one need not be packed anew."""

SAMPLES = 250
"""Versions that a dictionary is made from."""

REPACKED = 5000
"""Versions that one day's tidying packs anew: some seconds of work."""

GIVEN_UP = ""
"""The source of a dictionary that nobody wants any more, since it may hold pieces of a record that was erased."""

TRIED = 1000
"""Versions that are read to see whether they can be: the newest, and others at even distances."""

_GIVEN_UP = (t.dictionaries.c.source == GIVEN_UP, func.length(t.dictionaries.c.body) > 0)

_PAGE = 20
"""Trials of one transaction of packing anew."""

_base = t.snapshots.alias("base")
_BODY = (t.snapshots.c.content_type, t.snapshots.c.encoding, t.snapshots.c.dictionary, t.snapshots.c.body)
_BASE = tuple(_base.c[name].label(f"base_{name}") for name in ("id", "encoding", "dictionary", "body"))
_PLAIN: tuple[ColumnElement[bool], ...] = (
    literal_column(f"snapshots.encoding = '{WHOLE}'", Boolean),
    t.snapshots.c.accepted,
)
"""Accepted versions without a dictionary, as the partial index spells it: SQLite uses one only then."""


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """How one version is stored."""

    encoding: str
    body: bytes
    dictionary: int | None = None
    base: VersionRef | None = None


# --- reading ----------------------------------------------------------------------------------------------------------


def with_bodies(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A statement about snapshots that also gives what `body_of` reads; `fetch` executes it."""
    return statement.add_columns(*_BODY, *_BASE).outerjoin(_base, _base.c.id == t.snapshots.c.base_snapshot)


def fetch(database: Database, connection: Connection, statement: Select[*tuple[Any, ...]]) -> Sequence[RowMapping]:
    """The rows of a statement with bodies; the dictionaries that they name are known afterwards."""
    found = connection.execute(statement).mappings().all()
    named = {row[name] for row in found for name in ("dictionary", "base_dictionary")} - {None}
    missing = named - set(database.dictionaries)
    if missing:
        known = select(t.dictionaries.c.id, t.dictionaries.c.body).where(t.dictionaries.c.id.in_(missing))
        for row in connection.execute(known):
            database.dictionaries[row.id] = Dictionary(row.body)
    return found


def body_of(database: Database, row: RowMapping, snapshot: int) -> bytes:
    """The bytes of a version as they were served, from its row. Raises StoreError when they are damaged."""
    base = None
    if row["base_id"] is not None:
        base = unpack(
            row["base_body"], row["base_encoding"], row["base_id"], dictionary=_dictionary(database, row["base_dictionary"])
        )
    return unpack(row["body"], row["encoding"], snapshot, dictionary=_dictionary(database, row["dictionary"]), base=base)


def _dictionary(database: Database, number: int | None) -> Dictionary | None:
    return None if number is None else database.dictionaries.get(number)


def _bodies(database: Database, connection: Connection, ids: Collection[int]) -> dict[int, bytes]:
    statement = with_bodies(select(t.snapshots.c.id).select_from(t.snapshots)).where(t.snapshots.c.id.in_(ids))
    return {row["id"]: body_of(database, row, row["id"]) for row in fetch(database, connection, statement)}


# --- writing ----------------------------------------------------------------------------------------------------------


def pack_staged(database: Database, run_id: int, staged: Sequence[StagedSnapshot], now: datetime) -> list[Packed]:
    """How each of these new versions is to be stored, in their order."""
    if not staged:
        return []
    number, dictionary = _dictionary_for(database, run_id, split_key(staged[0].document.trial).source, now)
    with database.reading() as connection:
        trials = {one.document.trial for one in staged}
        wholes = dict(_newest_wholes(connection, trials, or_(t.snapshots.c.accepted, t.snapshots.c.run == run_id)))
        served = _bodies(database, connection, wholes.values())
    bases: dict[str, tuple[VersionRef, bytes]] = {trial: (key, served[key]) for trial, key in wholes.items()}
    packed = pack((one.document.body for one in staged), dictionary)
    made: list[Packed] = []
    named = set[StagedVersion]()
    for one, whole in zip(staged, packed, strict=True):
        # A version that is staged twice is whole, so that its name finds its row.
        base = bases.get(one.document.trial) if one.version not in named else None
        stored = _delta(one.document.body, len(whole), base)
        if stored is None:
            bases[one.document.trial] = one.version, one.document.body
            stored = _whole(whole, number)
        named.add(one.version)
        made.append(stored)
    return made


def require_bases(connection: Connection, staged: Sequence[StagedSnapshot], packed: Sequence[Packed]) -> list[Packed]:
    """The same, with whole versions in place of deltas whose base was packed anew by another process meanwhile."""
    named = {one.base for one in packed if isinstance(one.base, int)}
    there = set(_lock_wholes(connection, named))
    return [
        one if not isinstance(one.base, int) or one.base in there else _whole(pack([new.document.body])[0], None)
        for new, one in zip(staged, packed, strict=True)
    ]


def point_to_bases(connection: Connection, run_id: int, written: Iterable[tuple[StagedVersion, Packed]]) -> None:
    """Name the bases that were staged together with their deltas, and so had no id before."""
    beside = [(version, one.base) for version, one in written if isinstance(one.base, StagedVersion)]
    snapshots = t.snapshots.c
    for some in chunks(beside):
        columns = (snapshots.id, snapshots.trial, snapshots.sha256, snapshots.valid_from, snapshots.encoding)
        own = (snapshots.run == run_id, snapshots.trial.in_({version.trial for version, _ in some}))
        wholes, deltas = dict[VersionRef, int](), dict[VersionRef, int]()
        for row in connection.execute(select(*columns).where(*own, snapshots.base_snapshot.is_(None))):
            ids = deltas if row.encoding == DELTA else wholes
            ids[StagedVersion(row.trial, row.sha256, row.valid_from)] = row.id
        for version, base in some:
            this = update(t.snapshots).where(snapshots.id == deltas[version])
            connection.execute(this.values(base_snapshot=wholes[base]))


def _delta(body: bytes, whole: int, base: tuple[VersionRef, bytes] | None) -> Packed | None:
    """The delta against a base; None where it would take more than half of the whole one's bytes."""
    if base is None or len(base[1]) < SHORTEST_BASE:
        return None
    delta = pack_delta(body, base[1])
    return Packed(encoding=DELTA, body=delta, base=base[0]) if 2 * len(delta) <= whole else None


def _whole(body: bytes, dictionary: int | None) -> Packed:
    return Packed(encoding=WHOLE if dictionary is None else BY_DICTIONARY, body=body, dictionary=dictionary)


def _newest_wholes(connection: Connection, trials: Iterable[str], which: ColumnElement[bool]) -> Iterator[tuple[str, int]]:
    """The newest whole version of each of these trials that has one."""
    for some in chunks(sorted(trials)):
        whole = (t.snapshots.c.trial.in_(some), t.snapshots.c.base_snapshot.is_(None), which)
        statement = select(t.snapshots.c.trial, func.max(t.snapshots.c.id)).where(*whole).group_by(t.snapshots.c.trial)
        yield from ((row[0], row[1]) for row in connection.execute(statement))


def _lock_wholes(connection: Connection, ids: Iterable[int]) -> Iterator[int]:
    """Which of these versions are whole; they stay so until the transaction ends."""
    for some in chunks(sorted(ids)):
        whole = (t.snapshots.c.id.in_(some), t.snapshots.c.base_snapshot.is_(None))
        yield from connection.scalars(select(t.snapshots.c.id).where(*whole).order_by(t.snapshots.c.id).with_for_update())


# --- dictionaries -----------------------------------------------------------------------------------------------------


def _dictionary_for(database: Database, run_id: int, source: str, now: datetime) -> tuple[int | None, Dictionary | None]:
    """The dictionary of a source, made when a first load has staged enough for one."""
    with database.reading() as connection:
        number = _newest_dictionary(database, connection, source)
        if number is None:
            some = select(t.snapshots.c.id).where(t.snapshots.c.run == run_id).limit(ENOUGH_STAGED)
            ids = list(connection.scalars(some))
            if len(ids) >= ENOUGH_STAGED:
                trained = train(_samples(database, connection, ids[:SAMPLES]))
            else:
                return None, None
    if number is None:
        number = _keep_dictionary(database, source, trained, now)
    return number, _dictionary(database, number)


def _newest_dictionary(database: Database, connection: Connection, source: str) -> int | None:
    newest = select(func.max(t.dictionaries.c.id)).where(t.dictionaries.c.source == source)
    number: int | None = connection.scalar(newest)
    if number is not None and number not in database.dictionaries:
        body = connection.execute(select(t.dictionaries.c.body).where(t.dictionaries.c.id == number)).scalar_one()
        database.dictionaries[number] = Dictionary(body)
    return number


def _keep_dictionary(database: Database, source: str, trained: bytes | None, now: datetime) -> int | None:
    if trained is None:
        return None
    with database.writing() as connection:
        number = _newest_dictionary(database, connection, source)
        if number is not None:
            return number  # another process was faster
        key = connection.execute(insert(connection, t.dictionaries).values(source=source, created_at=now, body=trained))
        assert key.inserted_primary_key is not None
        number = int(key.inserted_primary_key[0])
    database.dictionaries[number] = Dictionary(trained)
    return number


def _samples(database: Database, connection: Connection, ids: Iterable[int]) -> list[bytes]:
    """What a dictionary is trained from; of a long version its beginning."""
    return [body[:SAMPLE] for some in chunks(ids, _PAGE) for body in _bodies(database, connection, some).values()]


def train_dictionaries(database: Database, now: datetime) -> None:
    """A dictionary for each source that has none and enough versions."""
    with database.reading() as connection:
        sources = set(connection.scalars(select(t.source_state.c.source)))
        sources -= set(connection.scalars(select(t.dictionaries.c.source)))
        packable = _packable(connection)
    for source in sorted(sources):
        own = t.snapshots.c.trial.startswith(f"{source}:", autoescape=True)
        with database.reading() as connection:
            ids = list(connection.scalars(select(t.snapshots.c.id).where(*packable, own).limit(SAMPLES * SAMPLES)))
            if len(ids) < ENOUGH:
                continue
            samples = _samples(database, connection, ids[:: -(-len(ids) // SAMPLES)])
        _keep_dictionary(database, source, train(samples), now)


# --- whether all is there ---------------------------------------------------------------------------------------------


def broken_versions(database: Database) -> Iterator[str]:
    """What of the stored versions cannot be read, a sentence each: every chain is looked at, and some versions are read."""
    own = t.snapshots.c
    bad = or_(_base.c.base_snapshot.is_not(None), _base.c.trial != own.trial)
    chains = select(own.id, own.trial, own.base_snapshot).join(_base, _base.c.id == own.base_snapshot).where(bad)
    with database.reading() as connection:
        for chain in connection.execute(chains):
            base = f"version {chain.base_snapshot}, which is no whole version of it"
            yield f"version {chain.id} of {chain.trial} is stored as changes of {base}"
        newest = connection.scalar(select(func.max(own.id))) or 0
        ids = range(newest, 0, -max(1, newest // TRIED))
        for some in chunks(ids, _PAGE):
            statement = with_bodies(select(own.id, own.trial, own.sha256).select_from(t.snapshots)).where(own.id.in_(some))
            for row in fetch(database, connection, statement):
                try:
                    served = body_of(database, row, row["id"])
                except StoreError as error:
                    yield str(error)
                    continue
                if hashlib.sha256(served).hexdigest() != row["sha256"]:
                    yield f"version {row['id']} of {row['trial']} is not what was served: its SHA-256 is another"


# --- packing anew -----------------------------------------------------------------------------------------------------


def repack(database: Database, most: int = REPACKED, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Pack versions anew that were stored before their source had a dictionary, some at a time; gives how many were.

    Each is packed once: what has a dictionary or a base stays as it is, unless its dictionary was given up.
    """
    done, after = 0, ""
    while done < most and not stop():
        with database.reading() as connection:
            trials = select(t.snapshots.c.trial).where(*_packable(connection), t.snapshots.c.trial > after).distinct()
            page = list(connection.scalars(trials.order_by(t.snapshots.c.trial).limit(_PAGE)))
            found = [one for trial in page for one in _repacked(database, connection, trial)]
        if found:
            with database.writing() as connection:
                done += _write_repacked(connection, found)
        if len(page) < _PAGE:
            _empty_given_up(database)
            break
        after = page[-1]
    return done


def _packable(connection: Connection) -> tuple[ColumnElement[bool], ...]:
    """Which versions are to be packed anew."""
    given_up = list(connection.scalars(select(t.dictionaries.c.id).where(*_GIVEN_UP)))
    if not given_up:
        return _PLAIN
    return or_(_PLAIN[0], t.snapshots.c.dictionary.in_(given_up)), t.snapshots.c.accepted


def _empty_given_up(database: Database) -> None:
    """Nothing of a dictionary that was given up is left once no version needs it, but its number: it is not given again."""
    named = exists().where(t.snapshots.c.dictionary == t.dictionaries.c.id)
    with database.reading() as connection:
        ids = list(connection.scalars(select(t.dictionaries.c.id).where(*_GIVEN_UP, ~named)))
    if ids:
        with database.writing() as connection:
            unneeded = (t.dictionaries.c.id.in_(ids), ~named)
            connection.execute(update(t.dictionaries).where(*unneeded).values(body=b""))


def _repacked(database: Database, connection: Connection, trial: str) -> list[tuple[int, Packed]]:
    """How the plain versions of a trial are to be stored; none where its source has no dictionary or one of them is damaged."""
    number = _newest_dictionary(database, connection, split_key(trial).source)
    dictionary, packable = _dictionary(database, number), _packable(connection)
    if dictionary is None and packable is _PLAIN:
        return []
    snapshots = t.snapshots.c
    wholes = select(snapshots.id).where(snapshots.trial == trial, snapshots.accepted, snapshots.base_snapshot.is_(None))
    ids = list(connection.scalars(wholes.order_by(snapshots.id)))
    plain = set(connection.scalars(select(snapshots.id).where(*packable, snapshots.trial == trial)))
    needed = set(connection.scalars(select(snapshots.base_snapshot).where(snapshots.base_snapshot.in_(plain))))
    found: list[tuple[int, Packed]] = []
    base: tuple[VersionRef, bytes] | None = None
    for snapshot in ids:
        try:
            body = _bodies(database, connection, [snapshot])[snapshot]
        except StoreError:
            return []
        if snapshot in plain:
            (packed,) = pack([body], dictionary, THOROUGH)
            stored = None if snapshot in needed else _delta(body, len(packed), base)
            found.append((snapshot, stored or _whole(packed, number)))
            if stored is not None:
                continue
        base = snapshot, body
    return found


def _write_repacked(connection: Connection, found: Sequence[tuple[int, Packed]]) -> int:
    """Write what still holds: a base is whole, and nothing that became the base of another is made a delta."""
    ids = {snapshot for snapshot, _ in found} | {one.base for _, one in found if isinstance(one.base, int)}
    wholes = set(_lock_wholes(connection, ids))
    needed = set[int]()
    for some in chunks(ids):
        named = select(t.snapshots.c.base_snapshot).where(t.snapshots.c.base_snapshot.in_(some))
        needed.update(connection.scalars(named))
    changed = 0
    for snapshot, one in found:
        holds = one.base is None or (one.base in wholes and snapshot not in needed)
        if holds and snapshot in wholes:
            values = {"encoding": one.encoding, "body": one.body, "dictionary": one.dictionary, "base_snapshot": one.base}
            this = update(t.snapshots).where(t.snapshots.c.id == snapshot)
            changed += connection.execute(this.values(values)).rowcount
    return changed
