"""``init`` asks on a terminal, and takes the same answers as options."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import inside, process
from tests.cli.terminal import Conversation, talk
from tracker.config.providers import PROVIDERS

SEARCH = "https://clinicaltrials.gov/search?cond=Lupus&aggFilters=status:rec"


def written(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "config.toml").read_text("utf-8"))


def init(folder: Path, *args: str, code: int = 0, environ: dict[str, str] | None = None) -> str:
    ended = process("init", *args, folder=folder, environ={"SMTP_PASSWORD": "", **(environ or {})})
    assert ended.code == code, ended.err
    return ended.out + ended.err


# --- as options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_fills_in_host_port_and_security_and_names_its_password_page(tmp_path: Path, provider: str) -> None:
    told = init(tmp_path, "--mail", "me@example.org", "--provider", provider)
    known = PROVIDERS[provider]
    mail = written(tmp_path)["mail"]
    assert (mail["host"], mail["port"], mail["security"], mail["from"]) == (
        known.host,
        known.port,
        known.security,
        "me@example.org",
    )
    assert known.page in told
    assert inside("check", "--config", tmp_path / "config.toml").code == 0, "it works as it is, password or not"


def test_the_provider_of_an_address_is_known_by_its_domain(tmp_path: Path) -> None:
    init(tmp_path, "--mail", "somebody@googlemail.com")
    assert written(tmp_path)["mail"]["host"] == "smtp.gmail.com"


def test_a_password_comes_from_the_environment_and_stands_in_no_file(tmp_path: Path) -> None:
    told = init(tmp_path, "--mail", "me@gmail.com", environ={"SMTP_PASSWORD": "abcd efgh"})
    mail = written(tmp_path)["mail"]
    assert (mail["user"], mail["password"]) == ("me@gmail.com", "${SMTP_PASSWORD}")
    assert "wants a password" not in told
    assert "abcd efgh" not in told + (tmp_path / "config.toml").read_text("utf-8")


def test_without_a_password_its_lines_wait_in_the_file_and_work_once_they_are_filled_in(tmp_path: Path) -> None:
    told = init(tmp_path, "--mail", "me@web.de")
    assert "user" not in written(tmp_path)["mail"]
    assert "take the two # there away" in told
    config = tmp_path / "config.toml"
    text = config.read_text("utf-8").replace("# user = ", "user = ").replace("# password = ", "password = ")
    config.write_text(text, "utf-8")
    ended = process("check", folder=tmp_path, environ={"SMTP_PASSWORD": "secret"})
    assert ended.code == 0, ended.err
    assert written(tmp_path)["mail"]["user"] == "me@web.de"


def test_check_names_the_password_that_a_known_provider_wants(tmp_path: Path) -> None:
    init(tmp_path, "--mail", "me@web.de")
    told = inside("check", "--config", tmp_path / "config.toml").out
    assert f"note: [mail] smtp.web.de takes no mail without user and password. It is made at {PROVIDERS['web.de'].page}" in told


def test_an_own_server_is_taken_as_it_is_named(tmp_path: Path) -> None:
    init(tmp_path, "--mail", "me@example.org", "--provider", "own", "--host", "mail.example.org", "--security", "tls")
    mail = written(tmp_path)["mail"]
    assert (mail["host"], mail["port"], mail["security"]) == ("mail.example.org", 465, "tls")


def test_every_answer_is_an_option_too(tmp_path: Path) -> None:
    options = ("--mail", "me@fastmail.com", "--push", "my-topic", "--search", SEARCH, "--trial", "nct07177911")
    told = init(tmp_path, *options, "--near", "80331 München, Germany", "--km", "50")
    config = written(tmp_path)
    [watch] = config["watch"]
    assert watch["search"] == SEARCH
    assert watch["trials"] == ["NCT07177911"]
    assert watch["near"] == {"place": "80331 München", "country": "Germany", "km": 50}
    assert {channel["name"]: channel["url"] for channel in config["channel"]} == {
        "me": "mailto:me@fastmail.com",
        "phone": "ntfy://my-topic",
    }
    assert config["operator"] == {"channel": "me", "second": "phone"}
    assert {(send["to"], send["when"]) for send in watch["send"]} == {
        ("me", "immediate"),
        ("me", "daily"),
        ("phone", "immediate"),
    }
    assert "50 km around" in told


def test_push_alone_needs_no_mail_server_and_its_topic_cannot_be_guessed(tmp_path: Path) -> None:
    told = init(tmp_path, "--push", "new", "--second", "json://hooks.example.org/x")
    config = written(tmp_path)
    [phone, second] = [channel["url"] for channel in config["channel"]]
    topic = phone.removeprefix("ntfy://")
    assert len(topic) > 16
    assert topic in told
    assert second == "json://hooks.example.org/x"
    assert config["operator"] == {"channel": "phone", "second": "second"}
    assert "mail" not in config
    assert {send["to"] for send in config["watch"][0]["send"]} == {"phone"}
    assert inside("check", "--config", tmp_path / "config.toml").code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--provider", "gmail"), "give the address that mail goes to as well, by --mail"),
        (("--mail", "me@example.org", "--provider", "own"), "give it by --host"),
        (("--km", "5"), "by --near"),
        (("--mail", "me@example.org", "--provider", "yahoo"), "'gmail'"),
        (("--push", "my topic!"), "letters, digits"),
        (("--trial", "NCT1"), "An NCT number is NCT and eight digits."),
        (("--near", "Neustadt, Germany"), "Neustadt"),
        (("--second", "nothing"), "This is not a channel URL."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    ended = inside("init", *options, "--config", tmp_path / "config.toml")
    assert ended.code == 2
    assert words in ended.err
    assert list(tmp_path.iterdir()) == []


# --- on a terminal --------------------------------------------------------------------------------------------------


def test_every_question_can_be_left_out(tmp_path: Path) -> None:
    shown = talk(tmp_path, [("Mail address", ""), ("no mail server", ""), ("First trial", ""), ("Place", "")], "init")
    bare = tmp_path / "bare"
    bare.mkdir()
    init(bare)
    made = [(folder / "config.toml").read_text("utf-8").partition("\nsecret = ") for folder in (tmp_path, bare)]
    assert made[0][0] == made[1][0]
    assert made[0][2] != made[1][2], "each has a secret of its own"
    assert "Database ready" in shown


def test_the_answers_of_a_volunteer_become_the_configuration(tmp_path: Path) -> None:
    shown = talk(
        tmp_path,
        [
            ("Mail address", "nobody at all"),
            ("Mail address", "me@gmail.com"),
            ("[gmail]", ""),
            ("Password (not shown)", "abcd efgh ijkl mnop"),
            ("A second way", "ntfy"),
            ("First trial or search", "https://clinicaltrials.gov/study/NCT07177911"),
            ("Place", "Neustadt, Germany"),
            ("Place", "80331 München, Germany"),
            ("Within how many km [100]", "30"),
        ],
        "init",
    )
    assert "This is not an e-mail address." in shown
    assert "https://myaccount.google.com/apppasswords" in shown
    assert "abcd efgh" not in shown, "a password is never shown"
    config = written(tmp_path)
    assert config["mail"]["user"] == "me@gmail.com"
    assert config["mail"]["password"] == "abcd efgh ijkl mnop"
    assert config["operator"] == {"channel": "me", "second": "phone"}
    [watch] = config["watch"]
    assert watch["trials"] == ["NCT07177911"]
    assert watch["near"] == {"place": "80331 München", "country": "Germany", "km": 30}
    assert inside("check", "--config", tmp_path / "config.toml").code == 0


def test_an_own_server_is_asked_for_by_name_security_and_port(tmp_path: Path) -> None:
    answers = [
        ("Mail address", "me@example.org"),
        ("[none]", "nobody"),
        ("[none]", "own"),
        ("Name of your mail server", "mail.example.org"),
        ("Security", "tls"),
        ("Port [465]", ""),
        ("Password", ""),
        ("A second way", "ntfys://push.example.org/mine"),
        ("First trial or search", SEARCH.removeprefix("https://")),
        ("Place", ""),
    ]
    shown = talk(tmp_path, answers, "init")
    assert "There is no provider nobody here" in shown
    config = written(tmp_path)
    assert (config["mail"]["host"], config["mail"]["port"]) == ("mail.example.org", 465)
    assert config["watch"][0]["search"] == SEARCH
    assert config["operator"]["second"] == "second"


def test_what_an_option_said_is_not_asked(tmp_path: Path) -> None:
    options = ("init", "--search", SEARCH, "--push", "mine", "--near", "Munich, Germany")
    shown = talk(tmp_path, [("Mail address", "")], *options)
    assert "First trial" not in shown
    assert "Place" not in shown
    assert "ntfy (push" not in shown


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    conversation = Conversation("init", folder=tmp_path)
    conversation.until("Mail address")
    conversation.answer("me@example.org")
    conversation.until("Mail provider")
    conversation.interrupt()
    assert conversation.end() == 130
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_asked_where_nobody_can_answer(tmp_path: Path) -> None:
    assert "Mail address" not in init(tmp_path)


def test_nothing_is_asked_of_a_configuration_that_is_there(tmp_path: Path) -> None:
    init(tmp_path)
    assert "Kept" in talk(tmp_path, [], "init")
