"""The ``import`` command as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.importing.exports import as_xml, row
from tracker.cli import main

FIXTURES = Path(__file__).parents[1] / "fixtures"
CONFIG = '[store]\nurl = "sqlite:///{folder}/tracker.db"\n[[watch]]\nname = "mine"\ntrials = ["ChiCTR2090000001"]\n'


def run(folder: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(folder / "config.toml"), *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    (tmp_path / "first.xml").write_bytes(as_xml(row("ChiCTR2090000001"), row("NCT90000099")))
    later = row("ChiCTR2090000001", Recruitment_Status="Recruiting", Export_date="03/01/2026 01:00:00")
    (tmp_path / "second.xml").write_bytes(as_xml(later))
    (tmp_path / "page.html").write_text("<html>CTRI/2023/11/059755</html>", encoding="utf-8")
    run(tmp_path, "migrate")
    capsys.readouterr()
    return tmp_path


def test_files_are_read_in_order_and_what_changed_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "import", str(folder / "first.xml"), str(folder / "second.xml")) == 0
    said = capsys.readouterr().out
    assert "first.xml, made 2026-02-27: 2 trials, 1 of them followed" in said
    assert "WHO ICTRP: 1 trial checked, 1 changed, 1 event, data of 2026-03-01" in said


def test_a_dry_run_says_what_would_be_told_and_keeps_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "import", str(folder / "first.xml"))
    capsys.readouterr()
    for words in (["--dry-run"], []):
        assert run(folder, "import", "--json", "--exit-code", *words, str(folder / "second.xml")) == 10
        told = json.loads(capsys.readouterr().out)
        assert [event["kind"] for event in told["events"]] == ["recruitment_status_changed"]
        assert told["files"][0]["followed"] == 1


def test_what_is_refused_keeps_no_other_file_from_being_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "import", str(folder / "page.html")) == 2
    assert run(folder, "import", str(folder / "page.html"), str(folder / "first.xml")) == 3
    assert "of CTRI (CTRI/2023/11/059755)" in capsys.readouterr().err
    assert run(folder, "import", str(folder / "second.xml")) == 0
    assert run(folder, "import", str(folder / "first.xml")) == 3, "older than the last one"


def test_what_lies_behind_a_cut_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opening = FIXTURES / "umin" / "opening.txt"
    assert run(folder, "import", "--follow", "mine", str(opening)) == 0
    cut = [line for line in capsys.readouterr().out.splitlines() if ": cut text at " in line]
    assert len(cut) == 1
    assert "more places; the first: " in cut[0]
