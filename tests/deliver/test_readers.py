"""What readers choose, told in days: messages of a watch's own, groups, notes, words, and signs of life."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World, study

A, B = "NCT00000101", "NCT00000102"
NEVER = '[digest]\nwhen_empty = "never"\nevidence = "full"\n'


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def watch(name: str, *trials: str, send: str = "", more: str = "") -> str:
    listed = ", ".join(f'"{trial}"' for trial in trials)
    return f'[[watch]]\nname = "{name}"\ntrials = [{listed}]\n{more}[[watch.send]]\nto = "me"\nmin_severity = "minor"\n{send}'


def texts(world: World, after: int = 0) -> list[str]:
    """The plain texts of the mails a reader got, words apart by single blanks."""
    found = []
    for letter in world.mailbox.to("me@example.org")[after:]:
        body = letter.message.get_body(("plain",))
        assert body is not None
        found.append(" ".join(body.get_content().split()))
    return found


def complete(world: World, *trials: str) -> None:
    for nct in trials:
        world.amend(nct, statusModule__overallStatus="COMPLETED")


def news(world: World, *trials: str) -> list[str]:
    """The messages of a day on which trials are completed, and of the next morning."""
    told = len(world.mailbox.to("me@example.org"))
    world.day(change=lambda: complete(world, *(trials or (A, B))))
    world.day()
    return texts(world, told)


# --- one digest over all watches, or one a watch ----------------------------------------------------------------------


def test_watches_that_share_a_digest_tell_a_change_once(world: World) -> None:
    world.configure(watch("one", A, B) + watch("two", A), extra=NEVER)
    world.day()
    [digest] = news(world)
    assert digest.count(" > Completed") == 2
    assert "Watches: one, two" in digest


def test_duplicates_are_removed_within_a_subscription_and_never_across(world: World) -> None:
    apart = "separate = true\n"
    world.configure(watch("one", A, B) + watch("two", A) + watch("three", A, send=apart), extra=NEVER)
    world.day()
    shared, alone = sorted(news(world), key=len, reverse=True)
    assert shared.count(" > Completed") == 2
    assert "Watches: one, two" in shared
    assert "three" not in shared
    assert alone.count(" > Completed") == 1
    assert "TRIAL REGISTRY CHANGES, THREE" in alone
    assert "Watch: three" in alone


def test_a_subscription_tells_what_another_told_at_once(world: World) -> None:
    world.configure(
        watch("one", A, send='when = "immediate"\n') + watch("two", A, send="separate = true\n"),
        extra='[digest]\nwhen_empty = "always"\n',
    )
    world.day()
    told = news(world, A)
    assert sum("> Completed" in text for text in told) == 2
    assert all("told of at once" not in text for text in told)


def test_two_subscriptions_hear_of_the_same_events_at_once(world: World) -> None:
    urgent = 'when = "immediate"\nseparate = true\n'
    world.configure(watch("one", A, send=urgent) + watch("two", A, send=urgent), extra=NEVER)
    world.day()
    first, second = news(world, A)
    assert ("Watch: one" in first, "Watch: two" in second) == (True, True)
    assert world.deliver().tried == ()


def test_a_digest_without_news_says_of_which_watch_it_is(world: World) -> None:
    world.configure(watch("one", A, send="separate = true\n") + watch("two", B), extra='[digest]\nwhen_empty = "always"\n')
    world.day()
    world.day()
    assert {"No changes: one", "No changes: two"} <= set(world.subjects())


# --- groups and notes -------------------------------------------------------------------------------------------------


def grouped(world: World, by: str) -> str:
    (world.folder / "mine.csv").write_text(f'id,group,note\n{A},ACME,"competitor of X, see memo 4"\n{B},,\n')
    listed = '[[watch]]\nname = "{}"\n{}[[watch.send]]\nto = "me"\nmin_severity = "minor"\n'
    watches = listed.format("zeta", 'trials_file = "mine.csv"\n') + listed.format("alpha", f'trials = ["{A}"]\n')
    world.configure(watches, extra=f'{NEVER}group = "{by}"\n')
    world.day()
    [digest] = news(world)
    return digest


def test_a_digest_groups_by_the_column_of_the_readers_own(world: World) -> None:
    digest = grouped(world, "group")
    assert "MAJOR CHANGES" not in digest
    assert (
        digest.index("ACME ====") < digest.index("Study 101") < digest.index("WITHOUT A GROUP ====") < digest.index("Study 102")
    )


def test_a_digest_groups_by_the_first_watch_that_wants_a_change(world: World) -> None:
    digest = grouped(world, "watch")
    assert "ZETA ====" in digest
    assert "ALPHA ====" not in digest
    assert digest.count(" > Completed") == 2


def test_the_note_stands_under_the_name_in_digests(world: World) -> None:
    digest = grouped(world, "severity")
    assert "MAJOR CHANGES ====" in digest
    named, note = digest.index(f"An Invented Study 101 ({A})"), digest.index("Your note: competitor of X, see memo 4")
    assert named < note < digest.index("> Completed")


def test_the_note_of_another_readers_watch_is_not_shown(world: World) -> None:
    (world.folder / "mine.csv").write_text(f"id,note\n{A},secret\n")
    quiet = '[[watch]]\nname = "theirs"\ntrials_file = "mine.csv"\n[[watch.send]]\nto = "operator"\nwhen = "immediate"\n'
    world.configure(quiet + watch("mine", A, send='when = "immediate"\n'), extra=NEVER)
    world.day()
    [alert] = news(world, A)
    assert "secret" not in alert
    theirs = [letter.message.as_string() for letter in world.mailbox.to("operator@example.org")]
    assert any("Your note: secret" in text for text in theirs)


# --- words ------------------------------------------------------------------------------------------------------------


def test_only_what_holds_the_words_is_sent_and_everything_is_kept(world: World) -> None:
    world.amend(A, armsInterventionsModule={"interventions": [{"type": "DRUG", "name": "Pembrolizumab"}]})
    world.amend(B, descriptionModule={"briefSummary": "Pembrolizumab in paediatric patients."})
    world.configure(watch("drug", A, B, more='about = ["pembrolizumab", "-paediatric"]\n'), extra=NEVER)
    world.day()
    [digest] = news(world)
    assert A in digest
    assert B not in digest
    assert {trial for trial, _ in world.kinds()} == {f"ctgov:{A}", f"ctgov:{B}"}


# --- signs of life ----------------------------------------------------------------------------------------------------


def test_a_record_whose_dates_alone_moved_is_told_where_it_is_asked_for(world: World) -> None:
    asked = watch("alive", A, more='kinds = ["record_updated"]\n')
    world.configure(asked + watch("else", A, send="separate = true\n") + watch("third", B), extra=NEVER)
    world.day()

    def confirmed() -> None:
        for nct in (A, B):
            world.amend(
                nct,
                statusModule__lastUpdateSubmitDate="2026-03-02",
                statusModule__lastUpdatePostDateStruct={"date": "2026-03-03", "type": "ACTUAL"},
            )

    told = len(texts(world))
    world.day(change=confirmed)
    latest = world.store.runs(1)[0]
    world.day()
    assert latest.counts.changed == 0, "no number of signs of life makes a run sick"
    [digest] = texts(world, told)
    assert "Record updated 3 Mar 2026 (was 3 Feb 2026), nothing else changed" in digest
    assert world.kinds() == [(f"ctgov:{A}", "record_updated")]
