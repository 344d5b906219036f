"""What all commands have in common: help, options, pipes, terminals, secrets; and the demo."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.cli.conftest import A, B, Run, publish
from tests.cli.program import TRACEBACK, command, environment, inside, process
from tests.world import SENDS, World
from tracker.cli import COMMANDS

SECRET, TOKEN = "sesame-password-4711", "hook-token-0815"


# --- help -----------------------------------------------------------------------------------------------------------


def test_help_lists_every_command_with_a_line_that_fits(tmp_path: Path) -> None:
    ended = process("--help", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: tracker [OPTIONS] COMMAND [ARGS]...\n")
    listed = re.findall(r"^  (\w+) +\S", ended.out.partition("Commands:")[2], re.MULTILINE)
    assert listed == list(COMMANDS)
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_each_of_its_options(name: str) -> None:
    ended = inside(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    usage, _, rest = ended.out.partition("\n\n")
    about, _, options = rest.partition("Options:\n")
    assert usage.startswith(f"Usage: tracker {name} [OPTIONS]")
    assert re.search(r"\.(\s|$)", about), "a sentence says what it does"
    entries = re.split(r"\n  (?=-)", "\n" + options)[1:]
    for entry in entries:
        assert re.search(r"\S {2,}\S|\n {10,}\S", entry), f"no help for {entry.split()[0]}"
    for shared in ("--config FILE", "--json", "-v, --verbose", "-h, --help"):
        assert shared in options
    assert inside(name, "-h").out == ended.out


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"tracker, version \S+\n", inside("--version").out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "No such command 'nonsense'."),
        (("list", "--nonsense"), "No such option"),
        (("add",), "Missing argument"),
        (("show",), "Missing argument"),
        (("channel", "test"), "Missing argument"),
        (("channel", "burn", "me"), "'burn' is not 'test'"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2_on_stderr(arguments: tuple[str, ...], words: str) -> None:
    ended = inside(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert "tracker" in ended.err


# --- shared options -------------------------------------------------------------------------------------------------


def test_shared_options_stand_before_and_after_the_command(demo: Path) -> None:
    config = ("--config", str(demo / "config.toml"))
    before = inside(*config, "--json", "changes", "--kind", "removed")
    assert len(before.json["events"]) == 1
    assert inside("changes", "--kind", "removed", "--json", *config) == before
    assert inside(*config, "changes", "--json", "--kind", "removed") == before


def test_the_configuration_is_named_by_option_then_environment_then_folder(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo)
    assert inside("check").code == 0
    (tmp_path / "empty.toml").write_text("", "utf-8")
    monkeypatch.setenv("TRACKER_CONFIG", str(tmp_path / "empty.toml"))
    assert str(tmp_path / "empty.toml") in inside("check").out
    assert str(demo / "config.toml") in inside("check", "--config", "config.toml").out
    monkeypatch.setenv("TRACKER_CONFIG", str(tmp_path / "missing.toml"))
    ended = inside("check")
    assert ended.code == 2, "it does not fall through to another file, which would mean another database"
    assert str(tmp_path / "missing.toml") in ended.err


def test_relative_paths_go_by_the_configuration_and_not_by_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    assert inside("init", "--config", tmp_path / "here" / "config.toml").code == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert inside("list", "--config", "../here/config.toml").code == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_verbosity_goes_to_stderr(world: World, run: Run) -> None:
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
    publish(world)
    quiet, loud = run("sync", "--json"), run("sync", "--json", "--full", "-v", "-v")
    assert quiet.err == ""
    assert " DEBUG fetch source=ctgov status=200" in loud.err
    assert set(loud.json) == set(quiet.json)


# --- pipes and terminals --------------------------------------------------------------------------------------------


def test_a_reader_that_hangs_up_is_no_error_to_talk_about(demo: Path) -> None:
    """As in ``tracker … | head -1``, with a reader that is gone before anything was written."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        command(["--config", demo / "config.toml", "changes"]), env=environment(), stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert ended.stderr == b""


def in_terminal(columns: int, *args: str | Path) -> list[str]:
    """The lines that a terminal of this width shows, colours taken off."""
    process_id, terminal = pty.fork()
    if process_id == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        line = command(args)
        os.execve(line[0], line, {**environment(), "TERM": "xterm"})
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    _, state = os.waitpid(process_id, 0)
    assert os.waitstatus_to_exitcode(state) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert TRACEBACK not in text
    return text.splitlines()


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_a_terminal_and_cut_no_number(demo: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("list", "changes"):
        ended = inside("--config", demo / "config.toml", name, terminal=True)
        text = re.sub(r"\x1b\[[0-9;]*m", "", ended.out)
        assert max(map(len, text.splitlines())) <= columns
        for number in ("NCT07177911", "NCT09900007"):
            assert re.search(rf"\b{number}\b", text)
    assert "meddatax:NCT07177911" in re.sub(r"\x1b\[[0-9;]*m", "", inside("list", "--config", demo / "config.toml").out)


def test_a_real_terminal_gets_its_width_and_its_colours(demo: Path) -> None:
    lines = in_terminal(80, "--config", demo / "config.toml", "list")
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["Trial", "Name", "Status", "Nearest"]
    assert any(line.startswith("meddatax:NCT07177911  ") for line in lines)


def test_what_fails_is_said_once_on_a_terminal_and_addresses_stay_whole(
    own_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    config = ("--config", own_demo / "config.toml")
    ended = inside(*config, "digest", "--send", "reader", terminal=True)
    assert ended.code == 3
    assert ended.out.count("Connection") == 2, "the error's name and its words, once"
    assert ended.err == "", "the log would say it again; on a pipe it does"
    assert max(map(len, ended.out.splitlines())) <= 60
    page = inside(*config, "show", "trialx:302681", terminal=True).out
    assert re.search(r"^http://127\.0\.0\.1:\d+/trialx/\S+/$", page, re.MULTILINE)


def test_a_pipe_gets_no_colours(ask: Run) -> None:
    for arguments in (("list",), ("changes",), ("show", "NCT07177911"), ("diff", "NCT07177911"), ("doctor",)):
        assert "\x1b" not in ask(*arguments).out


# --- secrets --------------------------------------------------------------------------------------------------------


def test_no_command_prints_a_password_or_the_address_of_a_channel(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS)
    hook = f'[[channel]]\nname = "hook"\nurl = "hook+http://127.0.0.1:9/{TOKEN}"\n'
    text = world.config.read_text("utf-8").replace("[operator]", hook + "[operator]")
    text += '[[watch.send]]\nto = "hook"\nwhen = "immediate"\n'
    login = 'security = "none"\nuser = "me"\npassword = "${MAIL_PASSWORD}"'
    world.config.write_text(text.replace('security = "none"', login), "utf-8")
    publish(world)
    printed = [run("sync", "-vv"), run("sync", "--json", "-vv")]
    world.amend(A, statusModule__overallStatus="COMPLETED")
    world.now = world.now.replace(day=9)
    publish(world)
    for arguments in (
        ("sync", "-vv"),
        ("check", "--json"),
        ("doctor", "--mail", "--json", "-vv"),
        ("doctor", "--mail"),
        ("outbox",),
        ("outbox", "--json"),
        ("outbox", "retry", "-vv"),
        ("channel", "test", "hook", "-vv"),
        ("channel", "test", "me", "-vv"),
        ("digest", "--send", "hook"),
        ("digest", "--format", "eml"),
    ):
        printed.append(run(*arguments))
    broken = text.replace("hook+http://127.0.0.1:9/", "hokk+http://127.0.0.1:9/")
    world.config.write_text(broken.replace('security = "none"', login + "\nuser_name = 1"), "utf-8")
    printed += [run("check"), run("check", "--json")]
    assert printed[-1].code == 2
    monkeypatch.delenv("MAIL_PASSWORD")
    printed.append(run("check"))
    assert "MAIL_PASSWORD" in printed[-1].err, "an unset name is named"
    for ended in printed:
        assert SECRET not in ended.out + ended.err
        assert TOKEN not in ended.out + ended.err
    assert any("NOT sent to hook" in ended.out for ended in printed)


# --- demo -----------------------------------------------------------------------------------------------------------


def test_the_demo_runs_again_in_the_same_folder_and_tells_the_same(own_demo: Path) -> None:
    def told() -> list[tuple[str, str, str]]:
        events = inside("changes", "--json", "--config", own_demo / "config.toml").json["events"]
        return [(event["trial"], event["kind"], event["headline"]) for event in events]

    before, files = told(), sorted(path.name for path in own_demo.iterdir())
    ended = inside("demo", "--folder", own_demo, "--json")
    assert ended.code == 0
    assert [len(day["events"]) for day in ended.json["days"]] == [0, 11, 12]
    assert told() == before
    assert sorted(path.name for path in own_demo.iterdir()) == files
    assert sum(name.startswith("mail-") for name in files) == 9


def test_the_demo_takes_a_relative_folder_and_prints_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = inside("demo", "--folder", "tour")
    assert (ended.code, ended.err) == (0, "")
    for words in (
        "Day 1: 10 February 2026",
        "Day 3: 12 February 2026",
        "Now recruiting (before: not yet)",
        "12 changes in 7 trials",
    ):
        assert words in ended.out
    assert (tmp_path / "tour" / "tracker.db").is_file()
    assert inside("changes", "--config", "tour/config.toml").out.splitlines()[-1] == "23 changes in 13 trials"
    for page in re.findall(r"^  (\S+\.html)$", ended.out, re.MULTILINE):
        assert (tmp_path / page).is_file()


def test_the_demo_refuses_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    ended = inside("demo", "--folder", tmp_path / "file")
    assert ended.code == 2
    assert "is a file" in ended.err
    assert (tmp_path / "file").read_text("utf-8") == "mine"
