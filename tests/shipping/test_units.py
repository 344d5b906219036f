"""The systemd units, the crontab, the log rotation and the wrapper: they call commands that exist and agree with each other."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import inside
from tests.shipping.shipped import DEPLOY, ROOT, run
from tests.shipping.units import KNOWN, read, seconds, values
from tracker.signals import GRACE

DAEMON, ONCE, TIMER = (DEPLOY / name for name in ("tracker.service", "tracker-sync.service", "tracker-sync.timer"))
UNITS = (DAEMON, ONCE, TIMER)
PROGRAM = "/opt/tracker/bin/tracker"
DEPLOYING = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def understood(words: list[str]) -> bool:
    """Whether the program knows these commands and options: with --help it reads them and does nothing."""
    return inside(*words, "--help").code == 0


def shell_lines(text: str) -> list[list[str]]:
    """The words of every ``tracker …`` that a Markdown page tells people to type."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    typed = [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", text)
    start = re.compile(rf"(?:docker compose (?:-f \S+ )?run --rm )?(?:tracker|{PROGRAM}) ([a-z-][^|&#]*)")
    return [shlex.split(found[1]) for found in map(start.match, typed) if found]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_setting_of_a_unit_is_one_that_systemd_knows(unit: Path) -> None:
    for line in read(unit):
        assert line.key in KNOWN[line.section], f"{line.section}/{line.key}"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_itself_finds_nothing_to_say(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units were read by this test's own list only")
    for one in UNITS:  # its program is not installed here, and a timer wants its service beside it
        (tmp_path / one.name).write_text(one.read_text("utf-8").replace(PROGRAM, sys.executable), encoding="utf-8")
    done = run("systemd-analyze", "verify", tmp_path / unit.name, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("", "")


def test_systemd_calls_the_service_well_locked_up(tmp_path: Path) -> None:
    """0 is a sealed box, 10 no protection at all; 2.0 is written here as 20."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in (DAEMON, ONCE):
        run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit, cwd=tmp_path)


def test_the_units_call_commands_and_options_that_exist() -> None:
    for unit in (DAEMON, ONCE):
        [start] = values(unit, "ExecStart")
        program, *words = shlex.split(start)
        assert program == PROGRAM
        assert understood(words), start
    assert not understood(["sync", "--no-such-option"])
    assert not understood(["no-such-command"])


def test_both_services_are_locked_up_alike() -> None:
    """The one-shot takes over every protection of the daemon's unit, and the same surroundings."""
    own = {"Type", "NotifyAccess", "ExecStart", "ExecReload", "KillMode", "WatchdogSec", "SuccessExitStatus"}
    own |= {"TimeoutStartSec", "TimeoutStopSec", "Restart", "RestartSec", "RestartPreventExitStatus"}
    daemon, once = (
        [line for line in read(unit) if line.section == "Service" and line.key not in own] for unit in (DAEMON, ONCE)
    )
    assert daemon == once


def test_the_service_has_time_to_end_by_itself_before_it_is_killed() -> None:
    """Many times what it takes, and little enough for a person who waits for it."""
    [wait] = values(DAEMON, "TimeoutStopSec")
    assert 10 * GRACE < seconds(wait) <= 60


def test_the_daemon_is_not_started_again_on_a_wrong_configuration(tmp_path: Path) -> None:
    """Its exit code for that is the one that the unit names."""
    wrong = tmp_path / "config.toml"
    wrong.write_text("[nonsense]\n", encoding="utf-8")
    assert values(DAEMON, "RestartPreventExitStatus") == [str(inside("--config", wrong, "run").code)]


def test_the_timer_starts_the_service_of_its_name() -> None:
    assert TIMER.stem == ONCE.stem
    assert not values(TIMER, "Unit")


def test_the_places_are_the_same_everywhere() -> None:
    """Units, wrapper, crontab, log rotation and the page that tells how to install them."""
    wrapper = (DEPLOY / "tracker.sh").read_text("utf-8")
    for unit in (DAEMON, ONCE):
        assert values(unit, "Environment") == ["TRACKER_CONFIG=/etc/tracker/config.toml"]
        assert values(unit, "EnvironmentFile") == ["-/etc/tracker/secrets.env"]
        assert values(unit, "StateDirectory") == ["tracker"]
        assert values(unit, "User") == values(unit, "Group") == ["tracker"]
    for text in (wrapper, DEPLOYING):
        for place in ("/etc/tracker/config.toml", "/etc/tracker/secrets.env", "/var/lib/tracker", "/opt/tracker"):
            assert place in text
    cron = (DEPLOY / "tracker.cron").read_text("utf-8")
    assert "/usr/local/bin/tracker -v sync" in cron
    assert "/var/log/tracker/sync.log" in cron
    assert "/var/log/tracker/*.log" in (DEPLOY / "logrotate.conf").read_text("utf-8")
    assert "sqlite:///snapshots/tracker.db" in (ROOT / "config.toml").read_text("utf-8"), "what the page tells to replace"


def test_the_page_installs_files_that_exist_and_types_commands_that_exist() -> None:
    for name in re.findall(r"\bdeploy/([\w.-]+\w)", DEPLOYING):
        assert (DEPLOY / name).exists() or name == "secrets.env", name
    lines = shell_lines(DEPLOYING)
    assert len(lines) > 10
    for words in lines:
        assert understood(words), words


def test_the_wrapper_hands_over_secrets_configuration_and_arguments(tmp_path: Path) -> None:
    """As the service's user it reads the secrets, keeps files to the group and becomes the program."""
    me = run("id", "-un", cwd=tmp_path).stdout.strip()
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$TRACKER_CONFIG|$SMTP_PASSWORD|$(umask)|$*|$2"\n', encoding="utf-8")
    program.chmod(0o755)
    secrets = tmp_path / "secrets.env"
    secrets.write_text("# as systemd reads it\nSMTP_PASSWORD='two words $HOME'\n", encoding="utf-8")
    text = (DEPLOY / "tracker.sh").read_text("utf-8")
    text = text.replace("/etc/tracker/secrets.env", str(secrets)).replace(PROGRAM, str(program))
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(text.replace("!= tracker ]", f"!= {me} ]"), encoding="utf-8")
    told = run("/bin/sh", wrapper, "show", "a b", cwd=tmp_path).stdout
    assert told == "/etc/tracker/config.toml|two words $HOME|0027|show a b|a b\n"


def test_logrotate_reads_its_file(tmp_path: Path) -> None:
    """In debug mode it says what it would do, and does nothing; root and the log's folder are swapped for what is here."""
    program = shutil.which("logrotate", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        pytest.skip("logrotate is not installed")
    user, group = run("id", "-un", cwd=tmp_path).stdout.strip(), run("id", "-gn", cwd=tmp_path).stdout.strip()
    (tmp_path / "sync.log").write_text("a line\n", encoding="utf-8")
    text = (DEPLOY / "logrotate.conf").read_text("utf-8").replace("/var/log/tracker/", f"{tmp_path}/")
    config = tmp_path / "rotate.conf"
    config.write_text(text.replace("tracker tracker", f"{user} {group}"), encoding="utf-8")
    config.chmod(0o644)
    done = subprocess.run([program, "-d", config], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"considering log {tmp_path}/sync.log" in done.stderr
    assert "error" not in done.stderr.lower()
