"""``list``, ``changes``, ``show``, ``diff`` and ``parse``, mostly of the database that the demo leaves."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from tests.cli.conftest import A, B, Run, publish
from tests.cli.program import inside, process
from tests.lab import EXPECTED, MINOR, days
from tests.world import World, put, study
from tracker import clock, sources

FIXTURES = Path(__file__).parents[1] / "fixtures"
TERMINATED, GONE, MIRRORED, NEW = "NCT09900007", "NCT09900006", "NCT07177911", "NCT09900012"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def trials(listed: Any) -> list[str]:
    return [trial["trial"].partition(":")[2] for trial in listed["trials"]]


# --- list -----------------------------------------------------------------------------------------------------------


def test_list_shows_the_present_in_three_forms(ask: Run) -> None:
    listed = ask("list")
    assert listed.code == 0
    assert listed.out.splitlines()[-1].startswith("16 trials")
    rows = table(ask("list", "--format", "csv").out)
    assert len(rows) == 16
    assert {"Trial": TERMINATED, "Status": "Terminated", "Enrollment": "71"}.items() <= {row["Trial"]: row for row in rows}[
        TERMINATED
    ].items()
    values = ask("list", "--format", "json")
    assert len(values.json["trials"]) == 16
    assert ask("list", "--json").out == values.out


def test_list_narrows_by_watch_status_and_place(ask: Run) -> None:
    assert len(trials(ask("list", "--watch", "vasculitis", "--json").json)) == 4
    for spelled in ("ACTIVE_NOT_RECRUITING", "active, not recruiting"):
        assert trials(ask("list", "--status", spelled, "--json").json) == ["NCT09900011"]
    near = ask("list", "--near", "--json").json["trials"]
    assert {trial["nearest"]["place"] for trial in near} == {"Munich"}
    assert len(near) == 2


def test_list_refuses_a_watch_or_status_that_does_not_exist(ask: Run) -> None:
    ended = ask("list", "--watch", "lups")
    assert (ended.code, ended.out) == (2, "")
    assert "Watches in" in ended.err
    assert "lupus, vasculitis, scleroderma near Munich" in ended.err
    ended = ask("list", "--status", "open")
    assert ended.code == 2
    assert "open is not a recruitment status. They are NOT_YET_RECRUITING, RECRUITING," in ended.err


def test_a_trial_that_is_gone_is_listed_as_gone_and_not_by_its_last_status(ask: Run) -> None:
    rows = {row["Trial"]: row for row in table(ask("list", "--format", "csv").out)}
    assert rows[GONE]["Status"] == "Gone from the registry"
    assert GONE not in trials(ask("list", "--status", "not yet recruiting", "--json").json)
    by_number = {trial["trial"]: trial["removed_at"] for trial in ask("list", "--json").json["trials"]}
    assert [trial for trial, removed in by_number.items() if removed] == [f"ctgov:{GONE}"]


# --- changes --------------------------------------------------------------------------------------------------------


def test_the_change_log_holds_what_the_demo_is_made_to_tell(ask: Run) -> None:
    told = {(event["trial"], event["kind"]) for event in ask("changes", "--json").json["events"]}
    expected = {(trial, kind) for day in (*EXPECTED, *MINOR) for trial, kinds in day.items() for kind in kinds}
    assert {entry for entry in told if entry[0].startswith("ctgov:")} == expected


def test_changes_in_four_forms(ask: Run) -> None:
    assert ask("changes").out.splitlines()[-1] == "23 changes in 13 trials"
    assert len(table(ask("changes", "--format", "csv").out)) == 23
    assert ask("changes", "--format", "json").out == ask("changes", "--json").out
    markdown = ask("changes", "--format", "md").out.splitlines()
    assert markdown[0] == "| Day | Severity | Trial | Name | What changed |"
    assert len(markdown) == 25


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--since", "2026-02-12"), 12),
        (("--since", "2026-02-13"), 0),
        (("--since", "520w"), 23),
        (("--trial", TERMINATED), 5),
        (("--trial", f"meddatax:{MIRRORED}"), 3),
        (("--trial", "NCT00000000"), 0),
        (("--watch", "vasculitis"), 8),
        (("--kind", "removed"), 1),
        (("--kind", "removed", "--kind", "new_registration"), 2),
        (("--min-severity", "minor"), 23),
        (("--min-severity", "major", "--since", "2026-02-12"), 6),
        (("--trial", TERMINATED, "--kind", "contacts_changed", "--min-severity", "major"), 0),
    ],
)
def test_changes_are_narrowed_by_their_filters(ask: Run, options: tuple[str, ...], count: int) -> None:
    assert len(ask("changes", "--json", *options).json["events"]) == count
    if not count:
        assert ask("changes", *options).out == "No changes in this log.\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--since", "yesterday"), "yesterday is neither a day nor a time span. Write 2026-02-11 or 7d, 24h, 2w."),
        (("--since", "2026-02-30"), "neither a day nor a time span"),
        (("--since", "0001-01-01"), "neither a day nor a time span"),
        (("--kind", "removd"), "There is no kind removd."),
        (("--watch", "lups"), "There is no watch lups."),
        (("--trial", "hello"), "hello is not a number of a known registry."),
        (("--min-severity", "huge"), "'huge' is not one of"),
        (("--format", "xml"), "'xml' is not one of"),
    ],
)
def test_changes_refuse_filters_that_mean_nothing(ask: Run, options: tuple[str, ...], words: str) -> None:
    ended = ask("changes", *options)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_a_formula_in_a_registry_text_is_defused_in_csv(world: World, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n')
    world.amend(A, identificationModule__briefTitle='=HYPERLINK("http://example.org";"click")')
    publish(world)
    run("sync")
    world.now += timedelta(days=1)
    world.amend(A, statusModule__overallStatus="COMPLETED")
    publish(world)
    run("sync")
    for command in ("changes", "list"):
        cells = [cell for row in table(run(command, "--format", "csv").out) for cell in row.values() if "HYPERLINK" in cell]
        assert cells, command
        assert not [cell for cell in cells if cell.startswith("=")]


# --- show -----------------------------------------------------------------------------------------------------------


def test_show_gives_the_record_and_its_timeline(ask: Run) -> None:
    ended = ask("show", TERMINATED)
    assert ended.code == 0
    assert f"SMP-21 in Giant Cell Arteritis ({TERMINATED})" in ended.out
    assert "Terminated" in ended.out
    assert "12 Feb 2026  major" in ended.out
    assert "Version 3 of 3, seen 2026-02-12 11:00" in ended.out


def test_show_goes_back_to_the_end_of_a_day(ask: Run) -> None:
    assert "Not yet recruiting" in ask("show", MIRRORED, "--at", "2026-02-10").out
    assert ask("show", MIRRORED, "--at", "2026-02-10", "--json").json["recruitment_status"] == "NOT_YET_RECRUITING"
    assert ask("show", MIRRORED, "--at", "2026-02-11", "--json").json["recruitment_status"] == "RECRUITING"
    assert "11 Feb 2026" not in ask("show", MIRRORED, "--at", "2026-02-10").out, "nor is its future told"


def test_show_leaves_contact_persons_out_and_so_does_everything_that_prints_events(world: World, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n')
    person = {"name": "Invented Person", "role": "CONTACT", "phone": "555-0100", "email": "person@example.org"}
    world.amend(A, contactsLocationsModule__centralContacts=[person])
    publish(world)
    run("sync")
    world.now += timedelta(days=1)
    world.amend(A, contactsLocationsModule__centralContacts=[{**person, "phone": "555-0199"}])
    publish(world)
    printed = [run("sync", "--json")]
    for command in (["show", A], ["show", A, "--all"], ["show", A, "--json"], ["changes", "--json"], ["diff", A, "--json"]):
        printed.append(run(*command))
    for form in ("text", "html", "json", "eml"):
        printed.append(run("digest", "--format", form))
    for ended in printed:
        assert ended.code == 0
        assert not [word for word in ("Invented Person", "555-01", "person@") if word in ended.out]
    assert "contacts_changed" in printed[0].out


def test_show_takes_keys_and_addresses(ask: Run) -> None:
    page = ask("show", f"meddatax:{MIRRORED}", "--json").json
    assert page["trial"] == f"meddatax:{MIRRORED}"
    assert ask("show", page["url"], "--json").json == page
    assert ask("show", f"ctgov:{TERMINATED}").out == ask("show", TERMINATED).out


def test_show_tells_what_a_trial_owes_in_each_register_as_an_estimate(ask: Run) -> None:
    row, *_ = table(ask("export", "--table", "duties").out)
    shown = " ".join(ask("show", row["trial"]).out.split())
    assert "Duties to post results: estimates, not legal findings" in shown
    assert f"{row['register']} {row['number_there']}: results" in shown
    assert "Duties to post results" not in ask("show", row["trial"], "--at", "2026-01-01").out


def test_good_practice_is_listed_where_it_is_asked_for(own_demo: Path) -> None:
    config = own_demo / "config.toml"
    asked = ("deadlines", "--duty", "who_12_months", "--json")
    assert inside("--config", config, *asked).json["deadlines"] == []
    config.write_text(config.read_text("utf-8") + "\n[duties]\ngood_practice = true\n", "utf-8")
    rows = inside("--config", config, *asked).json["deadlines"]
    assert rows
    assert all("who_12_months" in [law["rule"] for law in row["details"]["laws"]] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NCT00000000",), "Nothing is stored of ctgov:NCT00000000. `tracker list` shows what is followed."),
        (("hello",), "hello is not a number of a known registry."),
        ((MIRRORED, "--at", "2026-02-01"), "Nothing is known of NCT07177911 before 2026-02-10, when tracking began."),
        ((MIRRORED, "--at", "tomorrow"), "tomorrow is neither a day nor a time span."),
    ],
)
def test_show_says_what_is_wrong(ask: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = ask("show", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


# --- diff -----------------------------------------------------------------------------------------------------------


def test_diff_tells_the_latest_change_by_default(ask: Run) -> None:
    ended = ask("diff", TERMINATED)
    assert ended.code == 0
    assert "Status: Recruiting -> Terminated" in ended.out
    told = ask("diff", TERMINATED, "--json").json
    assert set(told) == {"trial", "story", "events"}
    assert told["story"]["headline"].startswith("Terminated, was recruiting: “")


def test_diff_takes_versions_by_number_and_by_day(ask: Run) -> None:
    assert ask("diff", MIRRORED, "--from", "2026-02-10", "--to", "2026-02-11").out == ask("diff", MIRRORED).out
    assert ask("diff", MIRRORED, "--from", "1", "--to", "-1").out == ask("diff", MIRRORED).out
    assert ask("diff", MIRRORED, "--from", "1", "--to", "1").out == "Nothing changed between these versions.\n"
    assert ask("diff", MIRRORED, "--from", "1", "--to", "1", "--json").json == {
        "trial": f"ctgov:{MIRRORED}",
        "story": None,
        "events": [],
    }


def test_diff_rates_and_words_an_update_as_the_change_log_does(ask: Run) -> None:
    """The nearby place, the overrides and the history before it are known to both."""

    def told(events: list[dict[str, Any]]) -> list[list[Any]]:
        return sorted([event[part] for part in ("kind", "effects", "severity", "rule", "headline")] for event in events)

    logged = ask("changes", "--trial", TERMINATED, "--since", "2020-01-01", "--json").json["events"]
    latest = [event for event in logged if event["evidence"]["new"] == logged[-1]["evidence"]["new"]]
    assert told(ask("diff", TERMINATED, "--json").json["events"]) == told([e for e in latest if e["cause"] == "record"])


def test_diff_of_two_saved_files(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    made = study(A)
    old.write_bytes(msgspec.json.encode(made))
    new.write_bytes(msgspec.json.encode(put(made, "statusModule__overallStatus", "COMPLETED")))
    ended = inside("diff", "--files", old, new)
    assert (ended.code, ended.err) == (0, "")
    assert "Status: Recruiting -> Completed" in ended.out
    told = inside("diff", "--files", old, new, "--json").json
    assert [(event["trial"], event["kind"]) for event in told["events"]] == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert inside("diff", "--files", old, old).out == "Nothing changed between these versions.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "diff compares either versions of a trial or two files."),
        ((TERMINATED, "--files", "a.json", "b.json"), "diff compares either versions of a trial or two files."),
        (("--files", "a.json", "b.json", "--from", "1"), "--from and --to go with a trial"),
        (("--files", "a.json", "b.json"), "a.json cannot be read: No such file or directory."),
        ((TERMINATED, "--from", "9"), "has 3 stored versions, no number 9."),
        ((TERMINATED, "--from", "0"), "no number 0."),
        ((TERMINATED, "--from", "2", "--to", "1"), "The version of --from is newer than that of --to. Exchange them."),
        ((NEW,), f"Only one version of ctgov:{NEW} is stored"),
        (("--files", FIXTURES / "ctgov/ordinary.json", FIXTURES / "ctgov/ended_early.json"), "Name two files of one trial."),
        (("--files", FIXTURES / "ctgov/ordinary.json", FIXTURES / "meddatax/record.txt"), "Name two files of one trial."),
    ],
)
def test_diff_called_wrongly_says_how(ask: Run, arguments: tuple[str | Path, ...], words: str) -> None:
    ended = ask("diff", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_deadlines_in_every_form(ask: Run, tmp_path: Path) -> None:
    values = ask("deadlines", "--json")
    assert values.code == 0
    rows = values.json["deadlines"]
    assert rows
    assert ask("deadlines", "--format", "json").out == values.out
    spread = table(ask("deadlines", "--format", "csv").out)
    assert [(row["trial"], row["kind"], row["due"]) for row in spread] == [
        (row["trial"], row["kind"], row["due"]) for row in rows
    ]
    assert all(row["rule"] and row["reasons"] for row in spread)
    for row in spread:
        assert bool(row["duty"]) == row["kind"].startswith("results_"), "a planned date is no duty"
        assert bool(row["milestone"]) == (row["kind"] == "milestone_passed")
    assert ask("deadlines", "--format", "xlsx", "--out", tmp_path / "due.xlsx").code == 0
    sheet = load_workbook(tmp_path / "due.xlsx").active
    assert sheet is not None
    days = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [day.date().isoformat() for day in days] == [row["due"] for row in rows]
    assert ask("deadlines", "--watch", "lups").code == 2


def test_the_table_of_deadlines_holds_the_past_year_and_the_next_quarter_and_counts_the_rest(ask: Run) -> None:
    rows = ask("deadlines", "--json").json["deadlines"]
    today = clock.now().date()
    due = [date.fromisoformat(row["due"]) for row in rows]
    older, later = sum(day < today - timedelta(days=365) for day in due), sum(day > today + timedelta(days=90) for day in due)
    shown = ask("deadlines").out
    assert sum(line.startswith("20") for line in shown.splitlines()) == len(rows) - older - later
    assert (f"{older:,} that passed more than a year ago (--overdue)" in shown) is (older > 0)
    assert (f"{later:,} further ahead (--within 365d)" in shown) is (later > 0)


def test_deadlines_are_asked_for_by_time_kind_duty_and_sponsor(ask: Run) -> None:
    rows = ask("deadlines", "--json").json["deadlines"]
    today = clock.now().date().isoformat()
    overdue = ask("deadlines", "--overdue", "--json").json["deadlines"]
    ahead = ask("deadlines", "--within", "520w", "--json").json["deadlines"]
    assert {row["due"] < today for row in overdue} <= {True}
    assert {row["due"] >= today for row in ahead} <= {True}
    assert len(overdue) + len(ahead) == len(rows)
    assert [row["due"] for row in overdue] == sorted((row["due"] for row in overdue), reverse=True)
    for kind in {row["kind"] for row in rows}:
        assert {row["kind"] for row in ask("deadlines", "--kind", kind, "--json").json["deadlines"]} == {kind}
    legal = ask("deadlines", "--duty", "legal", "--json").json["deadlines"]
    assert all("legal_duty" in row["effects"] for row in legal)
    assert ask("deadlines", "--duty", "fdaaa_801", "--json").json["deadlines"] == legal
    assert all(row["details"]["laws"][0]["rule"] == "fdaaa_801" for row in legal)
    laws = {row["laws"] for row in table(ask("deadlines", "--duty", "legal", "--format", "csv").out)}
    assert laws <= {"FDAAA 801 (42 CFR 11.42 and 11.44)"}
    assert ask("deadlines", "--duty", "eu_ctr", "--json").json["deadlines"] == []
    assert ask("deadlines", "--sponsor", "no such sponsor", "--json").json["deadlines"] == []
    sponsors = {row["lead_sponsor"] for row in table(ask("deadlines", "--format", "csv").out)}
    some = min(sponsors)
    assert {row["lead_sponsor"] for row in table(ask("deadlines", "--sponsor", some.upper(), "--format", "csv").out)} == {some}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--within", "soon"), "60d"), (("--overdue", "--within", "60d"), "one of them"), (("--kind", "due"), "results_due_soon")],
    ids=["span", "both", "kind"],
)
def test_deadlines_called_wrongly_say_how(ask: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = ask("deadlines", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_the_calendar_leaves_its_days_free_and_says_where_from_and_why(ask: Run) -> None:
    """A deadline is a note: it must not mark its reader as busy, and one look must lead to the record."""
    today = clock.now().date().isoformat()
    rows = [row for row in ask("deadlines", "--json").json["deadlines"] if row["due"] >= today]
    found = Calendar.from_ical(ask("deadlines", "--format", "ics").out)
    assert (found["NAME"], found["X-WR-CALNAME"]) == ("Trial deadlines", "Trial deadlines")
    entries = found.walk("VEVENT")
    assert {entry["TRANSP"] for entry in entries} == {"TRANSPARENT"}
    for row, entry in zip(rows, entries, strict=True):
        assert entry["URL"] == f"https://clinicaltrials.gov/study/{row['trial'].partition(':')[2]}"
        said = entry["DESCRIPTION"].casefold()
        assert all(reason.casefold() in said for reason in row["details"].get("reasons", ()))
        assert "not a legal finding" in said
    assert any(row["details"].get("reasons") for row in rows)


# --- parse ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "trial"),
    [
        ("ctgov/ordinary.json", "ctgov:NCT90000001"),
        ("meddatax/record.txt", "meddatax:NCT90000001"),
        ("trialx/listing.txt", None),
    ],
)
def test_parse_recognises_whose_file_it_is(file: str, trial: str | None) -> None:
    ended = inside("parse", FIXTURES / file)
    assert ended.code == (3 if ended.json["issues"] else 0)
    assert set(ended.json) == {"record", "issues"}
    assert trial in (None, ended.json["record"]["trial"])
    assert ended.json["record"]["trial"].startswith(file.partition("/")[0])
    assert ended.json["record"]["brief_title"]


@pytest.mark.parametrize(("path", "source"), [("/meddatax/", "meddatax"), ("/trialx/", "trialx")])
def test_parse_reads_a_saved_page(tmp_path: Path, path: str, source: str) -> None:
    [page] = [html for where, html in days()[0].pages.items() if where.startswith(path)]
    (tmp_path / "saved.html").write_text(page, "utf-8")
    for options in ((), ("--source", source)):
        ended = inside("parse", tmp_path / "saved.html", *options)
        assert ended.json["record"]["trial"].startswith(f"{source}:")
        assert ended.json["record"]["recruitment_status"]


def test_parse_exits_with_3_when_something_could_not_be_read() -> None:
    ended = inside("parse", FIXTURES / "ctgov/odd.json")
    assert ended.code == 3
    assert ended.json["issues"]


def test_parse_of_a_truncated_file_says_why(tmp_path: Path) -> None:
    whole = (FIXTURES / "ctgov/ordinary.json").read_bytes()
    (tmp_path / "half.json").write_bytes(whole[: len(whole) // 2])
    ended = process("parse", "half.json", "--source", "ctgov", folder=tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: ")
    assert len(ended.err.splitlines()) == 1
    assert inside("parse", tmp_path / "half.json").code == 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"just some text", b"\xff\xfe\x00", b"<html><p>Hello</html>", b"{" * 5000])
def test_a_file_of_nobody_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "file").write_bytes(body)
    ended = inside("parse", tmp_path / "file")
    assert (ended.code, ended.out) == (2, "")
    assert f"is not recognised as a payload or page of any source ({', '.join(sources.load())})" in ended.err
    for source in sources.load():
        code = inside("parse", tmp_path / "file", "--source", source).code
        assert code == 1 or (source, code) == ("page", 3), "any text may be a page: what it lacks is named"


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-16-be", "gzip", "list"])
def test_a_record_is_read_however_it_was_saved(tmp_path: Path, written: str) -> None:
    whole = (FIXTURES / "ctgov/ordinary.json").read_bytes()
    saved = {"gzip": gzip.compress(whole), "list": b"[" + whole + b"]"}.get(written) or whole.decode().encode(written)
    (tmp_path / "saved").write_bytes(saved)
    (tmp_path / "plain").write_bytes(whole)
    read = inside("parse", tmp_path / "saved")
    assert (read.code, read.out) == (0, inside("parse", tmp_path / "plain").out)
    assert "Nothing changed" in inside("diff", "--files", tmp_path / "plain", tmp_path / "saved").out


def test_a_page_with_a_byte_order_mark_is_read_as_a_page(tmp_path: Path) -> None:
    page = "".join(f"<p>{line}</p>" for line in (FIXTURES / "meddatax/record.txt").read_text("utf-8").splitlines())
    for number, mark in enumerate((b"", b"\xef\xbb\xbf")):
        (tmp_path / f"{number}").write_bytes(mark + f"<html><body>{page}</body></html>".encode())
    plain, marked = (inside("--json", "parse", tmp_path / f"{number}") for number in range(2))
    assert (marked.code, marked.out.replace("/1", "/0")) == (plain.code, plain.out)


def test_a_file_that_is_not_read_says_what_its_text_looks_like(tmp_path: Path) -> None:
    text = (FIXTURES / "ctgov/ordinary.json").read_text("utf-8").replace("OVERALL", "ÜBER").encode("cp1252", "replace")
    (tmp_path / "file").write_bytes(text + "é".encode("cp1252"))
    assert "Its text looks like Windows-1252" in inside("parse", tmp_path / "file").err
    assert "looks like Windows-1252" in inside("parse", tmp_path / "file", "--source", "ctgov").err


def test_parse_called_wrongly(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory." in inside("parse", tmp_path).err
    ended = inside("parse", FIXTURES / "ctgov/ordinary.json", "--source", "ctgv")
    assert ended.code == 2
    assert ended.err == f"error: There is no source ctgv. Sources: {', '.join(sources.load())}.\n"
    assert json.loads(inside("parse", FIXTURES / "ctgov/ordinary.json", "--json").out)["record"]


def test_a_page_of_any_site_is_parsed_and_its_labels_are_shown(tmp_path: Path) -> None:
    page = Path(__file__).parents[1] / "fixtures" / "page" / "odd.html"
    ended = inside("parse", page, "--source", "page")
    assert ended.code == 3
    assert json.loads(ended.out)["record"]["recruitment_status_as_given"] == "Paused for harvest"
    shown = inside("parse", page, "--source", "page", "--labels").out
    assert "Trial status" in shown
    assert "unreadable_date: start date / Start date: 04/05/2026" in shown
    config = tmp_path / "config.toml"
    config.write_text(
        '[[page]]\nkey = "orchard"\naddress = "https://orchard.example/{number}"\ndates = "day first"\n'
        '[page.fields]\ncompletion_date = "Start date"\n'
    )
    mapped = inside("--config", config, "parse", page, "--source", "orchard")
    assert json.loads(mapped.out)["record"]["completion_date"]["date"] == "2026-05-04"
    config.write_text(config.read_text().replace("Start date", "::"))
    refused = inside("--config", config, "parse", page, "--source", "orchard")
    assert refused.code == 2
    assert "completion_date (line 6)" in refused.err
    assert inside("parse", page, "--source", "ctgov", "--labels").code == 2
