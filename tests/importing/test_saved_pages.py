"""Days on which a person imports saved pages and records of registries that are not asked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.importing.test_importing import SENDS, imported, kinds, told
from tests.world import World
from tracker.errors import UsageError
from tracker.importing.opening import opened

FIXTURES = Path(__file__).parent.parent / "fixtures"
INDIAN, JAPANESE = "CTRI/2091/03/900001", "UMIN000900002"
WATCH = f'[[watch]]\nname = "mine"\ntrials = ["{INDIAN}", "{JAPANESE}", "ACTRN12690000000001", "KCT0090002"]\n' + SENDS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.configure(WATCH)
        made.day()
        yield made


def page(name: str) -> str:
    return (FIXTURES / name).read_text(encoding="utf-8")


PAGES = (
    ("ctri/whole.html", f"ctri:{INDIAN}", "Open to Recruitment", "Suspended"),
    ("umin/opening.txt", f"umin:{JAPANESE}", "status Preinitiation", "status Suspended"),
    ("anzctr/recruiting.xml", "anzctr:ACTRN12690000000001", ">Recruiting<", ">Suspended<"),
    ("cris/page.html", "cris:KCT0090002", "\tRecruiting\n", "\tSuspended\n"),
)


def test_a_saved_page_of_a_followed_trial_is_read_and_told_of_when_it_changes(world: World) -> None:
    for name, _, _, _ in PAGES:
        report = imported(world, body=page(name).encode())
        assert (report.held, report.wanted, report.joined) == (1, 1, 1)
        assert told(world, report) == []
    world.day()
    for name, trial, word, other in PAGES:
        assert word in page(name)
        changed = page(name).replace(word, other, 1).encode()
        assert kinds(world, imported(world, body=changed)) == {(trial, "recruitment_status_changed")}
        assert kinds(world, imported(world, body=changed)) == set()


def test_a_text_that_ends_early_takes_nothing_away_from_what_the_whole_page_said(world: World) -> None:
    text = "\n".join(f"{label}  {value}" for label, value in ROWS)
    assert imported(world, body=text.encode()).held == 1
    world.day()
    cut = text[: text.index("Countries of Recruitment")]
    assert kinds(world, imported(world, body=cut.encode())) == set()
    world.day()
    assert kinds(world, imported(world, body=text.encode())) == set()
    world.day()
    later = text.replace("Open to Recruitment", "Suspended")
    assert kinds(world, imported(world, body=later.encode())) == {(f"ctri:{INDIAN}", "recruitment_status_changed")}


ROWS = (
    ("CTRI Number", f"{INDIAN} [Registered on: 12/03/2091] Trial Registered Prospectively"),
    ("Last Modified On", "02/04/2091"),
    ("Type of Trial", "Interventional"),
    ("Public Title of Study", "Inventazole for testitis in hill towns"),
    ("Scientific Title of Study", "A single arm study of inventazole syrup for testitis"),
    ("Countries of Recruitment", "India"),
    ("Target Sample Size", 'Total Sample Size="90"'),
    ("Phase of Trial", "Phase 2"),
    ("Date of First Enrollment (India)", "01/04/2091"),
    ("Recruitment Status of Trial (Global)", "Not Applicable"),
    ("Recruitment Status of Trial (India)", "Open to Recruitment"),
    ("Brief Summary", "Ninety people take syrup."),
)


def test_each_file_of_a_zip_of_anzctr_is_a_record(world: World, tmp_path: Path) -> None:
    archive = tmp_path / "TrialDownload.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("ACTRN12690000000001.xml", page("anzctr/recruiting.xml"))
        made.writestr("ACTRN12690000000005.xml", page("anzctr/odd.xml"))
    reports = [imported(world, body=file.read()) for _, file in opened(archive)]
    assert [(report.source, report.held, report.wanted) for report in reports] == [("anzctr", 1, 1), ("anzctr", 1, 0)]


def test_a_page_that_is_none_of_theirs_is_refused_with_what_to_download(world: World) -> None:
    with pytest.raises(UsageError, match=r"jRCT .*which is not read") as refused:
        imported(world, body=b"<html>Trial ID jRCTs031190227</html>")
    assert "The page of a trial, saved as HTML or text." in str(refused.value)


def test_a_page_with_too_few_of_its_labels_is_named(world: World) -> None:
    report = imported(world, body=f"CTRI Number  {INDIAN} [Registered on: 12/03/2091]\n".encode())
    assert report.run is not None
    assert report.run.counts.failed == 1


def test_files_are_read_at_any_size_of_their_opening(world: World) -> None:
    long = page("cris/page.html").replace("Wells of &gt; 400 m", "Wells " * 20_000)
    assert len(long) > 1 << 16
    assert imported(world, body=long.encode()).held == 1
    assert imported(world, body=io.BytesIO(long.encode()).read()).source == "cris"
