"""The search: what it finds, in which order, and that it shows what was accepted and is followed, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import event as hooks
from sqlalchemy import text

from tests.builders import make_record
from tests.store.builders import A, B, C, Pass, check, day, snapshot, watch
from tracker.model.record import Criteria, Eligibility, Intervention, Organisation, SecondaryId, TrialRecord
from tracker.model.search import FoundTrials, SearchEntry
from tracker.model.staging import StagedSnapshot
from tracker.store import Store
from tracker.text.search import search_query, search_texts

TRIALS = tuple(f"ctgov:NCT0000{number:04}" for number in range(1, 10))


def record(trial: str, title: str = "A study", **fields: Any) -> TrialRecord:
    return make_record(trial=trial, brief_title=title, **fields)


def stage(store: Store, number: float, *records: TrialRecord) -> Pass:
    """A run that found these records."""
    run = Pass(store, number)
    run.stage(
        checks=tuple(check(one.trial, "baseline", run.now) for one in records),
        snapshots=tuple(
            with_words(snapshot(one.trial, f"{number} {one.brief_title}".encode(), run.now), one) for one in records
        ),
        reader="1",
    )
    return run


def with_words(staged: StagedSnapshot, found: TrialRecord) -> StagedSnapshot:
    return msgspec.structs.replace(staged, texts=search_texts(found))


def keep(store: Store, *records: TrialRecord, number: float = 0) -> None:
    """The same, followed and accepted."""
    store.sync_watches([watch("lupus", *(one.trial for one in records))], {"me"}, day(number))
    stage(store, number, *records).accept()


def asked(store: Store, words: str, **more: Any) -> FoundTrials:
    return store.search(search_query(words), limit=more.pop("limit", 50), **more)


def found(store: Store, words: str, **more: Any) -> list[str]:
    return [one.trial for one in asked(store, words, **more).page]


def test_every_text_that_is_searched_is_found_and_contact_persons_are_not(store: Store) -> None:
    keep(
        store,
        record(
            A,
            "Study of tacrolimus",
            official_title="Titularis",
            acronym="ALPHAX",
            conditions=("Nephritis",),
            interventions=(Intervention(name="Tablet", other_names=("Prografum",)),),
            lead_sponsor=Organisation(name="Lantern Hospital"),
            collaborators=(Organisation(name="Helping Fund"),),
            secondary_ids=(SecondaryId(id="AB-77/12"),),
            aliases=("NCT00000099",),
            eligibility=Eligibility(criteria=Criteria(inclusion=("Proteinuria above 1 g",), exclusion=("Haemodialysis",))),
        ),
    )
    for words in (
        "tacrolimus",
        "titularis",
        "alphax",
        "nephritis",
        "prografum",
        "lantern",
        "helping",
        "AB-77/12",
        "AB7712",
        "NCT00000099",
        "proteinuria",
        "haemodialysis",
        "lantern nephritis",
    ):
        assert found(store, words) == [A], words
    assert found(store, "nephritis unheard") == []


FITS: Sequence[tuple[str, bool]] = [
    ("pembro", True),
    ("PEMBROLIZUMAB", True),
    ("embro", False),
    ("pe", False),
    ("pe*", True),
    ('"pembro"', False),
    ('"lupus nephritis"', True),
    ('"nephritis lupus"', False),
    ("nephritis lupus", True),
    ('"nephritis sjogren"', False),  # two conditions: no phrase goes over the gap
    ("sjögren", True),
    ("SJOGREN", True),
    ("strasse", True),
    ("Straße", True),
    ("PD-1", True),
    ("PD1", True),
    ("PD 1", True),
    ("PD10", False),
    ("anti-PD", True),
    ("crohn's", True),
    ("crohns", True),
    ("NOT lupus", False),
    ("lupus OR nothing", False),
    ("a lupus", True),
    ('"lupus neph', False),
    ("“lupus nephritis”", True),
    ("红斑", True),
    ("斑红", False),
]


def test_words_beginnings_and_phrases(store: Store) -> None:
    keep(
        store,
        record(
            A,
            "Pembrolizumab (anti-PD-1) in Straßen",
            conditions=("Lupus Nephritis", "Sjögren's and Crohn’s disease", "系统性红斑狼疮"),
        ),
        record(B, "Something else"),
    )
    assert [(words, found(store, words) == [A]) for words, _ in FITS] == FITS


def test_a_number_is_found_with_and_without_hyphens_and_no_longer_one_is(store: Store) -> None:
    keep(
        store,
        record(A, secondary_ids=(SecondaryId(id="2014-001234-12"),), keywords=("EudraCT",)),
        record(B, secondary_ids=(SecondaryId(id="2014-001234-123"),), keywords=("EudraCT",)),
    )
    for words in ("2014-001234-12", "2014 001234 12", "201400123412", "EudraCT 2014-001234-12"):
        assert found(store, words) == [A], words


def test_the_trial_of_a_number_stands_before_those_that_speak_of_it(store: Store) -> None:
    keep(
        store,
        *(record(one, f"Rollover of NCT00000009, NCT00000009 and NCT00000009 {one}") for one in TRIALS[:8]),
        record(TRIALS[8], "Parent"),
    )
    for words in ("NCT00000009", "nct 00000009", "nct00000009"):
        assert found(store, words)[0] == TRIALS[8]
        assert len(found(store, words)) in (9, 1)  # with a blank it is the number alone


def test_a_title_weighs_more_than_a_condition_and_that_more_than_criteria(store: Store) -> None:
    keep(
        store,
        record(A, "Kidneys", eligibility=Eligibility(criteria=Criteria(inclusion=("Lupus",)))),
        record(B, "Kidneys", conditions=("Lupus",)),
        record(C, "Lupus"),
        *(record(one, "Something else") for one in TRIALS[3:]),
    )
    assert found(store, "lupus") == [C, B, A]


def test_what_is_staged_held_or_discarded_is_not_found_and_what_is_accepted_replaces_it(store: Store) -> None:
    keep(store, record(A, "Oldword"))
    run = stage(store, 1, record(A, "Newword"))
    assert (found(store, "oldword"), found(store, "newword")) == ([A], [])
    run.hold()
    assert (found(store, "oldword"), found(store, "newword")) == ([A], [])
    store.discard(run.id, day(1))
    assert words_kept(store) == 1
    held = stage(store, 2, record(A, "Newword"))
    held.hold()
    store.release(held.id, day(2))
    assert (found(store, "oldword"), found(store, "newword")) == ([], [A])
    store.forget_replaced(held.id)
    assert words_kept(store) == 1


def test_the_closing_transaction_writes_no_words(store: Store) -> None:
    keep(store, record(A, "Oldword"))
    run = stage(store, 1, record(A, "Newword"))
    said: list[str] = []
    hooks.listen(store.engine, "before_cursor_execute", lambda _c, _k, sql, _v, _x, _m: said.append(sql))
    run.accept()
    assert said
    assert [sql for sql in said if "search" in sql] == []


def test_trials_that_are_not_followed_are_not_found_until_they_are_again(store: Store) -> None:
    keep(store, record(A, "Lupus"), record(B, "Lupus"))
    store.sync_watches([watch("lupus", A)], {"me"}, day(1))
    assert (found(store, "lupus"), words_kept(store)) == ([A], 2)
    store.housekeep(day(1))
    assert words_kept(store) == 1
    store.sync_watches([watch("lupus", A), watch("else", B)], {"me"}, day(2))
    assert store.count_unindexed() == 1
    assert store.stale_words("ctgov", "1", 9) == [B]
    store.note_words([entry(store, B, record(B, "Lupus"))])
    assert (store.count_unindexed(), sorted(found(store, "lupus"))) == (0, [A, B])
    assert (found(store, "lupus", watch="else"), found(store, "lupus", watch="lupus")) == ([B], [A])


def entry(store: Store, trial: str, found: TrialRecord, reader: str = "1") -> SearchEntry:
    [known] = store.followed("ctgov", [trial])
    assert known.current is not None
    return SearchEntry(snapshot=known.current.id, texts=search_texts(found), reader=reader)


def test_words_of_another_reader_are_written_anew(store: Store) -> None:
    keep(store, record(A, "Lupus"))
    assert store.stale_words("ctgov", "2", 9) == [A]
    store.note_words([entry(store, A, record(A, "Nephritis"), "2")])
    assert (store.stale_words("ctgov", "2", 9), found(store, "lupus"), found(store, "nephritis")) == ([], [], [A])


def test_a_trial_that_was_merged_is_found_by_its_former_watch(store: Store) -> None:
    keep(store, record(A, "Lupus"), record(B, "Lupus"))
    run = Pass(store, 1)
    run.stage(checks=(check(A, "merged", run.now, merged_into=B),))
    run.accept()
    assert sorted(found(store, "lupus")) == [A, B]


def test_pages_hold_each_trial_once_in_order_and_the_count_is_of_all(store: Store) -> None:
    keep(store, *(record(one, "Lupus " + "lupus " * (number % 3)) for number, one in enumerate(TRIALS)))
    every = asked(store, "lupus")
    assert every.total == len(every.page) == len(TRIALS)
    assert [(one.rank, one.trial) for one in every.page] == sorted((one.rank, one.trial) for one in every.page)
    for size in (1, 2, 4):
        pages: list[str] = []
        after: tuple[float, str] | None = None
        while page := asked(store, "lupus", limit=size, after=after).page:
            pages += [one.trial for one in page]
            after = page[-1].rank, page[-1].trial
        assert pages == [one.trial for one in every.page]


def test_words_go_with_their_version(store: Store) -> None:
    """So that who erases a trial by SQL erases its words."""
    keep(store, record(A, "Lupus"), record(B, "Lupus"))
    with store.writing() as connection:
        connection.execute(text("UPDATE trials SET current_snapshot = NULL WHERE key = :key"), {"key": A})
        connection.execute(text("DELETE FROM snapshots WHERE trial = :key"), {"key": A})
    assert (words_kept(store), found(store, "lupus")) == (1, [B])


BAD: Sequence[str] = (
    "",
    " ",
    '"',
    '""',
    '"""',
    "'",
    "*",
    "-",
    "()",
    "lupus (",
    'lupus "nephritis',
    "lupus AND",
    "NEAR(lupus nephritis, 3)",
    "names:lupus",
    "{names}: lupus",
    "^lupus",
    "lupus & !nephritis | <->",
    "lupus:*A",
    "\0",
    "lu\0pus",
    "🙂",
    "lupus 🙂",
    "\ud800",
    "№ ¶ №1",
    "%_\\",
    "; DROP TABLE trials",
    "a " * 150,
    "a-b " * 75,
    '"a" ' * 75,
    "x" * 10_000,
    "lupus " * 2_000,
    "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100,
)


def test_nothing_that_is_typed_makes_the_database_refuse(store: Store) -> None:
    keep(store, record(A, "Lupus"))
    assert {asked(store, words).total for words in BAD} == {0, 1}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.text(max_size=200), some.lists(some.text(max_size=80), max_size=5))
def test_whatever_is_typed_and_stored(store: Store, words: str, conditions: list[str]) -> None:
    if store.source_states() == {}:
        keep(store, record(A))
    store.note_words([entry(store, A, record(A, words, conditions=tuple(conditions)))])
    query = search_query(words.replace('"', " "))
    assert found(store, words.replace('"', " ")) == ([A] if query.terms else [])


def test_an_enormous_record_is_searched_as_far_as_is_promised(store: Store) -> None:
    lines = tuple(f"word{number} " * 3 + "系统性红斑狼疮" for number in range(40_000))
    keep(store, record(A, "Lupus", eligibility=Eligibility(criteria=Criteria(inclusion=lines))))
    assert found(store, "lupus word7") == [A]
    assert found(store, "lupus word39999") == []


def words_kept(store: Store) -> int:
    with store.reading() as connection:
        rows, words = (connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("searchable", "search_words"))
    assert rows == words
    return int(rows or 0)


def test_the_backup_can_be_searched(store: Store, store_url: str, tmp_path: Any) -> None:
    if not store_url.startswith("sqlite"):
        return  # PostgreSQL is copied by its own tools
    keep(store, record(A, "Lupus"))
    store.backup(tmp_path / "copy.db")
    with Store.open(f"sqlite:///{tmp_path}/copy.db", reading=True) as copy:
        assert found(copy, "lupus") == [A]
        assert copy.integrity() == []
