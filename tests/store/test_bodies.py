"""How versions are stored: whole, with a dictionary, as deltas; whatever is pruned, each is read byte for byte."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from tests.store.builders import DAY_0, A, B, Pass, baseline, check, day, snapshot, watch
from tracker.errors import StoreError
from tracker.model.snapshot import KeptField
from tracker.store import Store, bodies, migrate
from tracker.store import tables as t
from tracker.store.bodies import repack
from tracker.store.packing import BY_DICTIONARY, DELTA, WHOLE, pack, pack_delta, train, unpack

WORDS = [f"{letter}{number}" for letter in ("arm", "site", "criteria", "outcome", "dose") for number in range(40)]


def record(seed: int, edits: int = 0, length: int = 400) -> bytes:
    """A record of its own words; each edit changes a few of them."""
    drawn = random.Random(seed)
    words = drawn.choices(WORDS, k=length)
    for edit in range(edits):
        words[drawn.randrange(length)] = f"edited{seed}-{edit}"
    return " ".join(words).encode()


def stored(store: Store) -> dict[int, tuple[str, int | None, int | None]]:
    """How each version is stored: its encoding, dictionary and base."""
    columns = (t.snapshots.c.id, t.snapshots.c.encoding, t.snapshots.c.dictionary, t.snapshots.c.base_snapshot)
    with store.reading() as connection:
        return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(select(*columns))}


def follow(store: Store, number: float, *versions: tuple[str, bytes], accept: bool = True) -> Pass:
    """A pass that finds a new version of each of these trials."""
    run = Pass(store, number)
    run.stage(
        checks=tuple(check(trial, "changed", run.now) for trial, _ in versions),
        snapshots=tuple(snapshot(trial, body, run.now) for trial, body in versions),
    )
    if accept:
        run.accept()
    return run


def read_all(store: Store) -> None:
    """Every version is read as it was served, and the database finds nothing amiss."""
    with store.reading() as connection:
        hashes = {row.id: row.sha256 for row in connection.execute(select(t.snapshots.c.id, t.snapshots.c.sha256))}
    found = {key: hashlib.sha256(store.document(key).body).hexdigest() for key in hashes}
    assert found == hashes
    assert store.integrity() == []


@given(base=st.binary(min_size=8, max_size=2000), cut=st.integers(0, 2000), new=st.binary(max_size=200))
def test_a_delta_gives_its_bytes_over_its_base(base: bytes, cut: int, new: bytes) -> None:
    body = base[:cut] + new + base[cut:]
    assert unpack(pack_delta(body, base), DELTA, 1, base=base) == body


def test_a_delta_over_another_base_is_damage() -> None:
    packed = pack_delta(record(1, 3), record(1))
    for wrong in (record(2), record(1)[:100], b"", None):
        with pytest.raises(StoreError, match="snapshot 7 are damaged"):
            unpack(packed, DELTA, 7, base=wrong)
    with pytest.raises(StoreError, match="snapshot 7 are damaged"):
        unpack(pack([record(1)])[0], BY_DICTIONARY, 7)


def test_a_large_record_with_an_edit_is_a_small_delta() -> None:
    base = random.Random(1).randbytes(5_000_000)
    body = base[:10] + b"edited" + base[10:]
    packed = pack_delta(body, base)
    assert len(packed) < 5_000
    assert unpack(packed, DELTA, 1, base=base) == body


def test_too_few_or_unlike_bodies_make_no_dictionary() -> None:
    assert train([]) is None
    assert train([b""] * 200) is None


def test_a_later_version_is_a_delta_of_the_newest_whole_one(store: Store) -> None:
    baseline(store, A)
    for number, body in enumerate((record(1), record(1, 2), record(1, 4), record(2), record(2, 3)), 1):
        follow(store, number, (A, body))
    ids = [meta.id for meta in store.timeline(A)]
    _, whole, second, third, other, last = ids
    assert [stored(store)[key][2] for key in ids] == [None, None, whole, whole, None, other]
    assert {stored(store)[key][0] for key in (second, third, last)} == {DELTA}
    read_all(store)


def test_a_version_of_another_trial_is_no_base(store: Store) -> None:
    baseline(store, A, B)
    follow(store, 1, (A, record(1)), (B, record(1, 1)))
    assert {base for _, _, base in stored(store).values()} == {None}


def test_what_a_held_run_staged_is_nobodys_base(store: Store) -> None:
    baseline(store, A)
    held = follow(store, 1, (A, record(1)), accept=False)
    held.hold()
    follow(store, 2, (A, record(1, 1)))
    assert {base for _, _, base in stored(store).values()} == {None}
    read_all(store)


def test_versions_staged_together_are_deltas_of_each_other_and_go_together(store: Store) -> None:
    """As a backfill stages a trial's history."""
    baseline(store, A)
    run = Pass(store, 1)
    history = [record(1, edits) for edits in range(4)]
    history.append(history[1])  # it was undone
    times = [day(-10 + number) for number in range(len(history))]
    run.stage(
        checks=(check(A, "changed", run.now),),
        snapshots=tuple(snapshot(A, body, run.now, valid_from=at) for body, at in zip(history, times, strict=True)),
    )
    kept = stored(store)
    assert sum(base is not None for _, _, base in kept.values()) == 4
    with store.reading() as connection:
        ids = select(t.snapshots.c.id).where(t.snapshots.c.run == run.id).order_by(t.snapshots.c.id)
        assert [store.document(key).body for key in connection.scalars(ids)] == history
    run.hold()
    store.discard(run.id, day(2))
    assert len(stored(store)) == 1
    read_all(store)


def load(store: Store, count: int, number: float = 0) -> list[str]:
    """A first load of so many trials."""
    trials = [f"ctgov:NCT{key:08d}" for key in range(10_000, 10_000 + count)]
    store.sync_watches([watch("all", *trials)], {"me"}, DAY_0)
    run = Pass(store, number)
    pairs = list(enumerate(trials))
    for some in (pairs[at : at + 200] for at in range(0, len(pairs), 200)):
        run.stage(
            checks=tuple(check(trial) for _, trial in some),
            snapshots=tuple(snapshot(trial, record(seed)) for seed, trial in some),
        )
    run.accept()
    return trials


def test_the_daily_tidying_packs_what_was_stored_before_its_source_had_a_dictionary(store: Store) -> None:
    trials = load(store, bodies.ENOUGH)
    before = store.size().snapshot_bytes
    assert {encoding for encoding, _, _ in stored(store).values()} == {WHOLE}
    store.housekeep(day(1))
    assert set(stored(store).values()) == {(BY_DICTIONARY, 1, None)}
    assert store.size().snapshot_bytes < before / 1.3
    follow(store, 2, (A, record(4711)), (trials[0], record(0, 2)))
    assert set(stored(store).values()) == {(BY_DICTIONARY, 1, None), (DELTA, None, 1)}
    read_all(store)
    store.housekeep(day(3))
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(t.dictionaries)) == 1


def test_fewer_versions_than_are_enough_make_no_dictionary(store: Store) -> None:
    load(store, bodies.ENOUGH - 1)
    store.housekeep(day(1))
    assert {encoding for encoding, _, _ in stored(store).values()} == {WHOLE}


def test_a_large_first_load_has_its_dictionary_in_the_middle(store: Store) -> None:
    load(store, bodies.ENOUGH_STAGED + 200)
    assert sum(encoding == BY_DICTIONARY for encoding, _, _ in stored(store).values()) == 200
    read_all(store)


def test_the_tidying_of_a_day_packs_a_bounded_number_anew(store: Store) -> None:
    load(store, bodies.ENOUGH)
    bodies.train_dictionaries(store, day(1))
    assert repack(store, most=30) == 40  # the trials of two transactions
    assert repack(store) == bodies.ENOUGH - 40
    assert repack(store) == 0
    read_all(store)


def test_versions_of_an_older_release_become_deltas_once_their_source_has_a_dictionary(store: Store) -> None:
    """As if each had been stored by itself; what other versions are deltas of stays whole."""
    trials = load(store, bodies.ENOUGH)
    for number in (1, 2, 3):
        follow(store, number, (trials[0], record(0, number)))
    with store.writing() as connection:
        for meta in store.timeline(trials[0])[1:]:
            (packed,) = pack([record(0, (meta.valid_from - DAY_0).days)])
            plain = {"encoding": WHOLE, "base_snapshot": None, "body": packed}
            connection.execute(update(t.snapshots).where(t.snapshots.c.id == meta.id).values(plain))
    follow(store, 4, (trials[0], record(0, 4)))
    first, second, third, fourth, fifth = (meta.id for meta in store.timeline(trials[0]))
    assert stored(store)[fifth] == (DELTA, None, fourth)
    store.housekeep(day(5))
    now = stored(store)
    assert [now[key][0] for key in (first, second, third, fourth, fifth)] == [
        BY_DICTIONARY,
        DELTA,
        DELTA,
        BY_DICTIONARY,
        DELTA,
    ]
    read_all(store)


def test_a_dictionary_that_was_given_up_goes_and_every_version_is_read(store: Store) -> None:
    """As one does after erasing a trial, pieces of which it may hold."""
    trials = load(store, bodies.ENOUGH)
    store.housekeep(day(1))
    follow(store, 2, (trials[0], record(0, 2)))
    with store.writing() as connection:
        connection.execute(update(t.dictionaries).values(source=bodies.GIVEN_UP))
    store.housekeep(day(3))
    with store.reading() as connection:
        kept = {row.id: len(row.body) for row in connection.execute(select(t.dictionaries.c.id, t.dictionaries.c.body))}
    assert (kept[1], kept[2] > 0) == (0, True)
    assert set(stored(store).values()) == {(BY_DICTIONARY, 2, None), (DELTA, None, 1)}
    read_all(store)


def test_the_tidying_stops_when_it_is_asked_to(store: Store) -> None:
    load(store, bodies.ENOUGH)
    asked = iter((False, False, True))
    store.housekeep(day(1), stop=lambda: next(asked))
    assert sum(encoding == BY_DICTIONARY for encoding, _, _ in stored(store).values()) == 40
    read_all(store)


def test_a_damaged_version_does_not_end_the_tidying(store: Store) -> None:
    trials = load(store, bodies.ENOUGH)
    bodies.train_dictionaries(store, day(1))
    with store.writing() as connection:
        connection.execute(update(t.snapshots).where(t.snapshots.c.trial == trials[3]).values(body=b"damaged"))
    store.housekeep(day(1))
    assert sum(encoding == WHOLE for encoding, _, _ in stored(store).values()) == 1
    assert any("damaged" in line for line in store.integrity())


def test_a_base_that_is_no_longer_whole_leaves_its_would_be_delta_whole(store: Store) -> None:
    """Another process packed it anew between the packing and the writing."""
    baseline(store, A)
    follow(store, 1, (A, record(1)))
    follow(store, 2, (A, record(1, 1)))
    new = [snapshot(A, record(1, 2), day(3))]
    _, whole, delta = (meta.id for meta in store.timeline(A))
    packed = [bodies.Packed(encoding=DELTA, body=b"over a delta", base=delta)]
    with store.writing() as connection:
        assert bodies.require_bases(connection, new, packed)[0].encoding == WHOLE
        good = [bodies.Packed(encoding=DELTA, body=b"over a whole one", base=whole)]
        assert bodies.require_bases(connection, new, good) == good


def test_a_broken_chain_is_told(store: Store) -> None:
    baseline(store, A)
    for number in (1, 2, 3):
        follow(store, number, (A, record(1, number)))
    _, whole, second, third = (meta.id for meta in store.timeline(A))
    with store.writing() as connection:
        connection.execute(update(t.snapshots).where(t.snapshots.c.id == third).values(base_snapshot=second))
    found = f"version {third} of {A} is stored as changes of version {second}, which is no whole version of it"
    assert found in store.integrity()
    with store.writing() as connection:
        connection.execute(update(t.snapshots).where(t.snapshots.c.id == third).values(base_snapshot=None))
    assert any(f"snapshot {third} are damaged" in line for line in store.integrity())
    with store.writing() as connection:
        connection.execute(update(t.snapshots).where(t.snapshots.c.id == whole).values(body=pack([b"other bytes"])[0]))
    assert f"version {whole} of {A} is not what was served: its SHA-256 is another" in store.integrity()


# --- whatever happens, every version that is left is read -------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(0, 3), st.integers(0, 6)),
        st.tuples(st.just("hold"), st.integers(0, 3), st.integers(0, 6)),
        st.tuples(st.just("fail"), st.integers(0, 3), st.integers(0, 6)),
        st.tuples(st.just("discard"), st.just(0), st.just(0)),
        st.tuples(st.just("release"), st.just(0), st.just(0)),
        st.tuples(st.just("housekeep"), st.just(0), st.just(0)),
        st.tuples(st.just("plain"), st.integers(0, 3), st.just(0)),
    ),
    max_size=14,
)
numbers = itertools.count()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples, each of which uses trials of its own; its source has a dictionary."""
    file: Path = tmp_path_factory.mktemp("chains") / "tracker.db"
    migrate(f"sqlite:///{file}", now=DAY_0)
    with Store.open(f"sqlite:///{file}") as opened:
        load(opened, bodies.ENOUGH)
        yield opened


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_no_pruning_and_no_tidying_breaks_a_chain(loaded: Store, steps: list[tuple[str, int, int]]) -> None:
    """Runs are accepted, held, discarded, released and given up; versions are read from earlier ones; all is packed anew."""
    mine = [f"ctgov:NCT{90_000_000 + next(numbers):08d}" for _ in range(2)]
    at = 1 + 20 * next(numbers) / 24
    follow(loaded, at, *((trial, record(7)) for trial in mine))
    served: dict[int, bytes] = {}
    for step, seed, edits in steps:
        at += 1 / 24
        held = loaded.held_runs()
        match step:
            case "housekeep":
                loaded.housekeep(day(at + 200))
            case "plain":
                _store_plainly(loaded, mine[seed % 2], served)
            case "discard" if held:
                loaded.discard(held[-1].id, day(at))
            case "release" if held:
                loaded.release(held[-1].id, day(at))
            case "accept" | "hold" | "fail":
                _stage(loaded, at, step, mine[edits % 2], record(seed, edits))
        ids = [meta.id for trial in mine for meta in loaded.timeline(trial)]
        served = {key: served.get(key, loaded.document(key).body) for key in ids}
        assert {key: loaded.document(key).body for key in served} == served
    for trial in mine:
        for meta in loaded.timeline(trial):
            assert hashlib.sha256(loaded.document(meta.id).body).hexdigest() == meta.sha256
    for one in loaded.held_runs():
        loaded.discard(one.id, day(at))
    assert loaded.integrity() == []


def _stage(store: Store, at: float, end: str, trial: str, body: bytes) -> None:
    """A run over one trial, whose new version reads a field from the one before."""
    run = Pass(store, at)
    current = store.followed("ctgov", [trial])[0].current
    assert current is not None
    kept = KeptField(field="enrollment", snapshot=current.id, why="unreadable", since=run.now)
    new = snapshot(trial, body, run.now)
    run.stage(checks=(check(trial, "changed", run.now),), snapshots=(msgspec.structs.replace(new, kept=(kept,)),))
    match end:
        case "accept":
            run.accept()
        case "hold":
            run.hold()
        case _:
            store.fail_run(run.lease, run.id, run.now, "the registry went away")


def _store_plainly(store: Store, trial: str, served: dict[int, bytes]) -> None:
    """The newest version as an older release would have stored it, unless others are deltas of it."""
    newest = store.timeline(trial)[-1].id
    (packed,) = pack([served.get(newest) or store.document(newest).body])
    plain = {"encoding": WHOLE, "base_snapshot": None, "dictionary": None, "body": packed}
    with store.writing() as connection:
        needed = connection.scalar(select(func.count()).where(t.snapshots.c.base_snapshot == newest))
        if needed:
            return
        connection.execute(update(t.snapshots).where(t.snapshots.c.id == newest).values(plain))
