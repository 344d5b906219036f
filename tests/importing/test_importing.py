"""Days on which a person imports files: what is followed is compared and told as after a sync."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.importing.exports import Row, as_csv, as_xml, row
from tests.world import SENDS, World, study
from tracker.errors import UsageError
from tracker.importing import Import, ImportReport, Wanted, import_file
from tracker.importing.opening import opened, readable
from tracker.importing.work import day_of
from tracker.model.event import Event, EventFilter
from tracker.passes import tell_imported
from tracker.sync import SyncReport

NCT, CHINESE = "NCT90000001", "ChiCTR2090000001"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{NCT}", "{CHINESE}"]\n' + SENDS
EARLIER, BETWEEN, LATER = "02/20/2026 04:51:51", "02/28/2026 04:51:51", "03/01/2026 04:51:51"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {NCT: study(NCT)}
        made.configure(WATCH)
        made.day()
        yield made


def imported(world: World, *rows: Row, body: bytes = b"", watch: str | None = None, as_of: str = "") -> ImportReport:
    """Import an export of these rows, and deliver."""
    settings = world.settings
    world.store.sync_watches(settings.watches, {channel.name for channel in settings.channels}, world.now)
    work = Import(settings=settings, store=world.store, sources=world.sources, clock=lambda: world.now)
    wanted = Wanted(watch=watch, as_of=day_of(as_of) if as_of else None)
    report = import_file(work, "export.xml", io.BytesIO(body or as_xml(*rows)), wanted)
    synced = SyncReport(sources=(report.run,) if report.run else ())
    tell_imported(settings, world.store, world.sources, lambda: world.now, synced, send=True)
    return report


def told(world: World, report: ImportReport) -> list[Event]:
    assert report.run is not None
    return list(world.store.log(EventFilter(run=report.run.run))) if report.run.run else []


def kinds(world: World, report: ImportReport) -> set[tuple[str, str]]:
    return {(event.trial, event.kind) for event in told(world, report)}


def followed(world: World) -> dict[str, str]:
    return {one.trial: one.how for one in world.store.memberships()}


def test_only_trials_that_are_followed_are_read_and_they_join_silently(world: World) -> None:
    report = imported(world, row(NCT), row(CHINESE), row("NCT90000099"))
    assert (report.held, report.wanted, report.made_at) == (3, 2, "2026-02-27T04:51:51")
    assert followed(world) == {f"ctgov:{NCT}": "listed", f"ictrp:{CHINESE}": "listed", f"ictrp:{NCT}": "beside"}
    assert told(world, report) == []
    assert report.run is not None
    assert report.run.counts.baseline == 2


def test_a_newer_export_tells_what_changed_once(world: World) -> None:
    imported(world, row(CHINESE))
    changed = row(CHINESE, Recruitment_Status="Recruiting", Export_date=LATER)
    assert kinds(world, imported(world, changed)) == {(f"ictrp:{CHINESE}", "recruitment_status_changed")}
    again = imported(world, changed)
    assert told(world, again) == []
    [event] = [one for one in world.store.log(EventFilter()) if one.trial == f"ictrp:{CHINESE}"]
    assert event.data_version == "2026-03-01"
    assert event.severity == "major"


def test_an_older_export_is_refused_as_older_and_nobody_joins_by_it(world: World) -> None:
    imported(world, row(CHINESE))
    report = imported(world, row(NCT, Export_date=EARLIER), row(CHINESE, Export_date=EARLIER, Recruitment_Status="Recruiting"))
    assert report.run is not None
    assert report.run.state == "older"
    assert f"ictrp:{NCT}" not in followed(world)
    assert told(world, report) == []


def test_a_trial_that_is_missing_from_an_export_is_not_gone(world: World) -> None:
    imported(world, row(NCT), row(CHINESE))
    report = imported(world, row(NCT, Export_date=LATER))
    assert told(world, report) == []
    assert report.run is not None
    assert report.run.counts.checked == 1
    assert report.run.counts.absent == 0


def test_a_sync_asks_nobody_for_trials_of_files(world: World) -> None:
    imported(world, row(NCT), row(CHINESE))
    report = world.day()
    assert [one.source for one in report.sources] == ["ctgov"]
    assert report.state == "done"


def test_what_the_registry_told_already_is_not_told_again(world: World) -> None:
    recruiting = row(NCT, Recruitment_Status="Recruiting", Target_size="", Date_enrollement="", Phase="")
    imported(world, recruiting)

    def completed() -> None:
        world.studies[NCT] = study(NCT, statusModule__overallStatus="COMPLETED")

    world.day(change=completed)
    mails = len(world.mailbox.letters)
    closed = {**recruiting, "Recruitment_Status": "Not recruiting", "Export_date": LATER}
    [event] = [one for one in told(world, imported(world, closed)) if one.kind == "recruitment_status_changed"]
    assert event.details.echo_of == f"ctgov:{NCT}"
    assert len(world.mailbox.letters) == mails


def test_a_trial_beside_another_ends_with_it(world: World) -> None:
    imported(world, row(NCT), row(CHINESE))
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{CHINESE}"]\n' + SENDS)
    world.day()
    assert followed(world) == {f"ictrp:{CHINESE}": "listed"}


def test_all_of_a_file_is_followed_where_a_watch_asks_for_it(world: World) -> None:
    report = imported(world, row("NCT90000098"), row("NCT90000099"), watch="mine")
    assert report.joined == 2
    world.day()
    assert followed(world)["ictrp:NCT90000098"] == "import"


def test_a_text_cut_by_a_spreadsheet_is_no_change_and_neither_is_its_return(world: World) -> None:
    long = "; ".join(f"Outcome number {n}" for n in range(40))
    whole = row(CHINESE, Primary_outcome=long, Intervention=long)
    imported(world, whole)
    cut = {name: text[:255] for name, text in whole.items()} | {"Export_date": BETWEEN}
    assert told(world, imported(world, body=as_csv(cut))) == []
    assert told(world, imported(world, {**whole, "Export_date": LATER})) == []
    shorter = {
        **whole,
        "Primary_outcome": long.replace("Outcome number 39", "Outcome number 99"),
        "Export_date": "03/02/2026 01:00:00",
    }
    assert kinds(world, imported(world, shorter)) == {(f"ictrp:{CHINESE}", "primary_outcomes_changed")}


def test_an_export_without_a_day_needs_one(world: World) -> None:
    undated = row(CHINESE, Export_date="")
    with pytest.raises(UsageError, match="--as-of"):
        imported(world, undated)
    assert imported(world, undated, as_of="2026-02-27").made_at == "2026-02-27T00:00:00"


@pytest.mark.parametrize("body", [b"", b"hello", b"<html><body>Request blocked</body></html>", b"\x89PNG\r\n", b'{"a": 1}'])
def test_a_strangers_file_is_refused_with_what_to_download(world: World, body: bytes) -> None:
    with pytest.raises(UsageError, match="Export results to XML"):
        imported(world, body=body or b" ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A trial of India: CTRI/2023/11/059755", "CTRI (CTRI/2023/11/059755)"),
        ("Trial ID jRCTs031190227", "jRCT (jRCTs031190227)"),
        ("<html><title>ChiCTR</title><p>ChiCTR2400084905</p></html>", "ChiCTR (ChiCTR2400084905)"),
        ("UMIN試験ID UMIN000013698", "UMIN-CTR (UMIN000013698)"),
        ("number,submitted\nACTRN12605000090617,2005-08-01", "ANZCTR (ACTRN12605000090617)"),
        ("<html><th>CRIS 등록번호</th><td>KCT0000145</td></html>", "CRIS (KCT0000145)"),
        ("<title>ICTRP Search Portal</title>", "a page of the WHO ICTRP portal"),
    ],
)
def test_a_page_that_is_not_read_is_named_and_never_guessed_at(world: World, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        imported(world, body=text.encode())
    assert said in str(refused.value)
    assert "Export results to XML" in str(refused.value)


def test_a_saved_record_of_a_registry_that_is_asked_is_sent_to_its_own_way(world: World) -> None:
    body = (Path(__file__).parent.parent / "fixtures" / "ctgov" / "ended_early.json").read_bytes()
    with pytest.raises(UsageError, match=r"asked directly.*tracker add"):
        imported(world, body=body)


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body)


def whole(path: Path) -> list[bytes]:
    found = []
    for name, file in opened(path):
        with readable(name):
            found.append(file.read())
    return found


def zipped(body: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("first.xml", body)
        archive.writestr("folder/second.xml", body)
    return made.getvalue()


@pytest.mark.parametrize(("pack", "files"), [(bytes, 1), (gzipped, 1), (zipped, 2)])
def test_a_file_is_unpacked_as_it_is_read(tmp_path: Path, pack: Callable[[bytes], bytes], files: int) -> None:
    path = tmp_path / "export"
    path.write_bytes(pack(as_xml(row())))
    assert [body[:5] for body in whole(path)] == [b"<?xml"] * files


@pytest.mark.parametrize("body", [b"PK\x03\x04 damaged", b"\x1f\x8b damaged"])
def test_a_damaged_archive_is_named(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(body)
    with pytest.raises(UsageError, match=r"export\.zip cannot be read"):
        whole(path)
