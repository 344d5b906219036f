"""Secrets that others can read are warned of by `check`; bounds of `pace`; a trials_file that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.loading import loaded, mistake
from tracker.config import remarks

MAIL = '[mail]\nhost = "{host}"\nsecurity = "{security}"\nfrom = "t@example.org"\nuser = "t"\npassword = "{password}"\n'


def leaks(folder: Path, text: str, mode: int = 0o600, **environ: str) -> list[str]:
    settings = loaded(folder, text, environ)
    settings.path.chmod(mode)
    return [said for said in remarks(settings) if "can be read by" in said or "on the way" in said]


@pytest.mark.parametrize(
    ("host", "security", "warned"),
    [
        ("smtp.example.org", "none", True),
        ("192.0.2.7", "none", True),
        ("smtp.example.org", "starttls", False),
        ("localhost", "none", False),
        ("127.0.0.1", "none", False),
    ],
)
def test_a_password_in_clear_to_another_host_is_warned_of(tmp_path: Path, host: str, security: str, warned: bool) -> None:
    text = MAIL.format(host=host, security=security, password="${PW}")
    assert bool(leaks(tmp_path, text, PW="hush")) is warned


PLAIN = [
    (MAIL.format(host="localhost", security="none", password="hush"), "the password of [mail]"),
    ('[store]\nurl = "postgresql://me:hush@host/db"\n', "[store] url"),
    ('[operator]\nping = "https://ping.example.org/hush"\n', "[operator] ping"),
    ('[[channel]]\nname = "chat"\nurl = "hook+https://example.org/hush"\n', "a [[channel]]"),
]


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize(("text", "what"), PLAIN)
def test_a_configuration_that_others_can_read_and_that_holds_a_secret_is_warned_of(
    tmp_path: Path, text: str, what: str
) -> None:
    [said] = leaks(tmp_path, text, 0o644)
    assert what in said
    assert f"chmod o-rwx {tmp_path}" in said
    assert "hush" not in said
    assert leaks(tmp_path, text, 0o640) == []
    assert leaks(tmp_path, text.replace("hush", "${PW}"), 0o644, PW="hush") == []


def test_what_is_no_secret_may_be_read_by_all(tmp_path: Path) -> None:
    text = '[store]\nurl = "postgresql://me@host/db"\n[mail]\nhost = "localhost"\nfrom = "t@example.org"\n'
    assert leaks(tmp_path, text + '[[channel]]\nname = "me"\nurl = "mailto:me@example.org"\n', 0o644) == []


@pytest.mark.parametrize("pace", ["0.001", "0", "11", "1e300", "-1"])
def test_a_pace_that_no_registry_would_bear_is_refused(tmp_path: Path, pace: str) -> None:
    assert "from 0.01 to 10" in mistake(tmp_path, f"[sources.ctgov]\npace = {pace}\n")


def test_a_mirror_of_ones_own_may_be_asked_faster(tmp_path: Path) -> None:
    text = '[sources.ctgov]\nbase_url = "http://127.0.0.1:8000/api/v2"\npace = 1000\n'
    assert loaded(tmp_path, text).sources["ctgov"].pace == 1000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name")
@pytest.mark.parametrize("form", ["pipe", "device", "folder"])
def test_a_trials_file_that_is_no_regular_file_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "list.csv"
    match form:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    assert "is no regular file" in mistake(tmp_path, '[[watch]]\nname = "w"\ntrials_file = "list.csv"\n')
