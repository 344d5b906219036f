"""``export``: typed tables that spreadsheets, notebooks and databases read back as they were."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Run
from tests.cli.program import Ended, inside
from tracker.cli.export import FORMATS, TABLES
from tracker.export import formats, tables
from tracker.export.table import Column, Table

HOSTILE = '=HYPERLINK("https://example.org")\n+1'


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_holds_the_same_in_every_format(demo: Path, tmp_path: Path, name: str) -> None:
    config = demo / "linked.toml"  # beside the demo's own: one of its trials is registered elsewhere, too
    link = '\n[[link]]\ntrials = ["NCT09900001", "2023-590001-11-00"]\n'
    config.write_text((demo / "config.toml").read_text("utf-8") + link, "utf-8")

    def ask(*args: str | Path) -> Ended:
        return inside("--config", config, *args)

    spread = rows_of(ask("export", "--table", name).out)
    assert spread
    files = {form: tmp_path / f"{name}.{form}" for form in ("csv", "xlsx", "jsonl", "parquet")}
    for form, file in files.items():
        ended = ask("export", "--table", name, "--format", form, "--out", file)
        assert (ended.code, ended.out) == (0, "")
    assert rows_of(files["csv"].read_text("utf-8")) == spread
    lines = [json.loads(line) for line in files["jsonl"].read_text("utf-8").splitlines()]
    columns = list(spread[0])
    assert [list(line) for line in lines] == [columns] * len(spread)
    sheet = load_workbook(files["xlsx"]).active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    head, *body = sheet.iter_rows(values_only=True)
    assert (list(head), len(body)) == (columns, len(spread))
    relation = duckdb.read_parquet(str(files["parquet"]))
    assert relation.columns == columns
    found = relation.fetchall()
    assert len(found) == len(spread)
    for row, line, stored in zip(spread, lines, found, strict=True):
        assert row["trial"] == line["trial"] == stored[columns.index("trial")]


def test_changes_are_those_of_the_change_log_with_typed_values(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "changes.parquet"
    assert ask("export", "--format", "parquet", "--out", file).code == 0
    assert [row["id"] for row in rows_of(ask("export").out)] == [
        event["id"] for event in ask("changes", "--json").json["events"]
    ]
    connection = duckdb.connect()
    connection.execute(f"create view changes as select * from read_parquet('{file}')")
    assert connection.execute("select distinct typeof(updated_on) from changes").fetchall() == [("DATE",)]
    moved = connection.execute("select days, old, new, typeof(effective_at) from changes where days is not null").fetchall()
    assert moved
    for days, old, new, kind in moved:
        assert kind == "TIMESTAMP WITH TIME ZONE"
        if len(old) == len(new) == 10:
            assert (dt.date.fromisoformat(new) - dt.date.fromisoformat(old)).days == days


def test_the_log_is_narrowed_by_time_trial_kind_and_severity(ask: Run) -> None:
    every = rows_of(ask("export").out)
    trials = sorted({row["trial"] for row in every})[:2]
    two = rows_of(ask("export", "--trial", trials[0], "--trial", trials[1]).out)
    assert {row["trial"] for row in two} == set(trials)
    assert two == [row for row in every if row["trial"] in trials]
    last = max(row["effective_at"] for row in every)[:10]
    assert rows_of(ask("export", "--until", "2000-01-01").out) == []
    assert rows_of(ask("export", "--until", last).out) == every
    major = rows_of(ask("export", "--min-severity", "major").out)
    assert {row["severity"] for row in major} == {"major"}
    shown = ask("changes", "--trial", trials[0], "--trial", trials[1], "--json").json["events"]
    assert [event["id"] for event in shown] == [row["id"] for row in two]
    assert ask("changes", "--until", "2000-01-01", "--json").json["events"] == []


def test_snapshots_span_the_time_in_which_each_was_valid(ask: Run) -> None:
    found = rows_of(ask("export", "--table", "snapshots").out)
    by_trial: dict[str, list[dict[str, str]]] = {}
    for row in found:
        by_trial.setdefault(row["trial"], []).append(row)
    assert any(len(versions) > 1 for versions in by_trial.values())
    for versions in by_trial.values():
        assert [row["version"] for row in versions] == [str(number) for number in range(1, len(versions) + 1)]
        for row, later in itertools.pairwise(versions):
            assert row["valid_from"] < row["valid_to"] == later["valid_from"]


def test_nothing_in_a_cell_is_run_and_umlauts_are_read_by_excel(tmp_path: Path) -> None:
    columns = (Column("text"), Column("link", "link"), Column("day", "day"), Column("count", "whole"))
    rows = [(HOSTILE, "javascript:alert(1)", dt.date(2026, 2, 11), 5), ("Köln", "https://example.org/a", None, None)]

    def written(form: str) -> bytes:
        out = io.BytesIO()
        formats.FORMATS[form](Table(name="t", columns=columns, rows=iter(rows)), out)
        return out.getvalue()

    assert rows_of(written("csv").decode())[0]["text"].startswith("'=")
    file = tmp_path / "t.xlsx"
    file.write_bytes(written("xlsx"))
    sheet: Any = load_workbook(file).active
    assert (sheet["A2"].data_type, sheet["A2"].hyperlink, sheet["B2"].hyperlink) == ("s", None, None)
    assert sheet["B3"].hyperlink.target == "https://example.org/a"
    assert (sheet["C2"].is_date, sheet["D2"].value) == (True, 5)
    marked = io.BytesIO()
    formats.write_csv(Table(name="t", columns=columns, rows=iter(rows)), marked, mark=True)
    assert marked.getvalue().startswith("\ufeff".encode())


def test_contact_persons_are_in_no_table() -> None:
    names = {
        column.name
        for made in vars(tables).values()
        if isinstance(made, tuple)
        for column in made
        if isinstance(column, Column)
    }
    assert names
    assert not {name for name in names if "contact" in name or "mail" in name or "phone" in name}


def test_references_are_read_by_the_rules_of_the_format(ask: Run) -> None:
    text = ask("export", "--format", "ris").out
    records = text.split("ER  - \r\n")[:-1]
    trials = ask("list", "--json").json["trials"]
    assert len(records) == len(trials)
    for record, trial in zip(records, trials, strict=True):
        lines = record.strip().split("\r\n")
        assert lines[0] == "TY  - DATA"
        assert all(line[2:6] == "  - " and line[:2].isupper() for line in lines)
        assert f"ID  - {trial['trial'].partition(':')[2]}" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--table", "patients"), "'changes'"),
        (("--format", "xls"), "'xlsx'"),
        (("--watch", "lups"), "There is no watch lups"),
        (("--table", "sites", "--format", "ris"), "--format ris writes the followed trials"),
        (("--kind", "status"), "There is no kind status"),
        (("--table", "trials", "--since", "7d"), "--since narrows the change log alone, not the table trials"),
        (("--table", "sites", "--about", "lupus"), "--watch and --trial narrow every table"),
        (("--table", "snapshots", "--min-severity", "major"), "--min-severity narrows"),
        (("--format", "ris", "--kind", "removed"), "not references"),
        (("--format", "xlsx", "--excel"), "--excel is for csv alone"),
        (("--since", "2026-03-01", "--until", "2026-02-01"), "ends before it begins"),
    ],
    ids=str,
)
def test_called_wrongly_it_names_the_choices(ask: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = ask("export", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_no_workbook_goes_to_a_terminal_and_no_half_file_stays(demo: Path, tmp_path: Path) -> None:
    ended = inside("--config", demo / "config.toml", "export", "--format", "xlsx", terminal=True)
    assert (ended.code, ended.out) == (2, "")
    assert "--out changes.xlsx" in ended.err
    ended = inside("--config", demo / "config.toml", "export", "--out", tmp_path / "missing" / "changes.csv")
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_command_offers_every_table_and_format_there_is() -> None:
    assert set(TABLES) == set(tables.TABLES)
    assert set(FORMATS) == {*formats.FORMATS, "ris"}
