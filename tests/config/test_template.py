"""The file that `tracker init` writes works as it is, and so does the one in the repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.loading import loaded
from tracker.config.keys import KEYS
from tracker.config.template import Answers, quoted, template
from tracker.fetch import user_agent

ROOT = Path(__file__).parents[2]
SEARCH = "https://clinicaltrials.gov/search?cond=Lupus&aggFilters=status:rec"


def test_the_example_in_the_repository_is_the_template() -> None:
    assert (ROOT / "config.toml").read_text() == template(Answers())


def test_the_template_works_without_any_environment_and_sends_nothing_yet(tmp_path: Path) -> None:
    settings = loaded(tmp_path, template(Answers()))
    (watch,) = settings.watches
    assert watch.trials == ("ctgov:NCT07177911",)
    assert (watch.send, settings.channels, settings.mail) == ((), (), None)


def test_with_an_address_there_is_a_channel_that_the_watch_and_the_operator_use(tmp_path: Path) -> None:
    settings = loaded(tmp_path, template(Answers(mail="you@example.org")))
    assert [(channel.name, channel.url) for channel in settings.channels] == [("me", "mailto:you@example.org")]
    assert [(send.to, send.when) for send in settings.watches[0].send] == [("me", "immediate"), ("me", "daily")]
    assert settings.operator.channel == "me"
    assert settings.mail is not None
    assert settings.mail.sender == "you@example.org"


def test_a_mail_address_is_never_handed_to_the_hosts_that_are_asked(tmp_path: Path) -> None:
    settings = loaded(tmp_path, template(Answers(mail="patient@example.org")))
    assert settings.http.contact is None
    assert "patient" not in user_agent(settings.http.contact or "", "1")
    assert settings.contact_for("") == "patient@example.org", "the readers of a message have it anyway, as its sender"


def test_with_a_search_the_watch_follows_it(tmp_path: Path) -> None:
    (watch,) = loaded(tmp_path, template(Answers(search=SEARCH))).watches
    assert (watch.search, watch.trials) == (SEARCH, ())


@pytest.mark.parametrize("odd", ['?cond="a"', "?cond=a\\b", "?cond=${A}", "?cond=ü", "?cond=a'''"])
def test_any_search_reads_back_as_it_was_given(tmp_path: Path, odd: str) -> None:
    (watch,) = loaded(tmp_path, template(Answers(search=f"https://clinicaltrials.gov/search{odd}"))).watches
    assert watch.search == f"https://clinicaltrials.gov/search{odd}"


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_written_as_toml(text: str) -> None:
    assert tomllib.loads(f"key = {quoted(text)}")["key"] == text.replace("${", "$${")


@pytest.mark.parametrize("mail", [None, "you@example.org"])
def test_every_commented_key_is_a_real_one(mail: str | None) -> None:
    known = {key for keys in KEYS.values() for key in keys}
    text = template(Answers(mail=mail))
    commented = set(re.findall(r"^# ([a-z_]+) = ", text, re.MULTILINE))
    assert commented
    assert commented <= known


def test_what_is_commented_out_works_once_the_marks_are_gone(tmp_path: Path) -> None:
    """All examples at once, but for the place (a list of places is needed) and the address with an ellipsis."""
    text = template(Answers()).partition("[store]")
    lines = []
    for line in (text[1] + text[2]).splitlines():
        if not line.startswith(("# near", "# pages", "# trials_file")):
            lines.append(re.sub(r"^# (?=\[|[a-z_]+ = |\")", "", line))
    settings = loaded(tmp_path, "\n".join(lines), {"SMTP_PASSWORD": "x"})
    assert settings.mail is not None
    assert settings.watches[0].send[0].to == "me"
    assert settings.severities == {"recruitment_status_changed.completed": "notable"}
