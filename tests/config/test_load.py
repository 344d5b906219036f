"""Good configurations: what is read, what is filled in, and where files are looked for."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.config.loading import loaded, mistake
from tracker.config import find, remarks, whereabouts
from tracker.errors import ConfigError
from tracker.model.watch import Send

FULL = """\
[store]
url = "postgresql+psycopg://tracker:hunter2@db/tracker"
[http]
contact = "you@example.org"
[sources.ctgov]
base_url = "http://127.0.0.1:8000/api/v2/"
pace = 50
tls = "tls1.2"
user_agent = ""
canary = "nct 00000555"
[sources.meddatax]
enabled = false
[mail]
host = "smtp.example.org"
user = "tracker@example.org"
password = "${SMTP_PASSWORD}"
from = "Trial tracker <tracker@example.org>"
reply_to = "you@example.org"
[operator]
channel = "me"
ping = "https://ping.example.org/secret-key"
[[channel]]
name = "me"
url = "mailto:you@example.org,me@example.org"
[[channel]]
name = "chat"
url = "ntfy://token-of-the-channel@example.org/trials"
[[watch]]
name = "lupus"
trials = ["nct 07177911", { id = "NCT06801119", label = "the one in Munich" }, "ctgov:NCT00000102"]
pages = ["https://meddatax.com/clinical-trials/NCT07177911"]
search = "https://clinicaltrials.gov/search?cond=Lupus&term=&aggFilters=status:rec"
query = { condition = "lupus", country = "Germany" }
near = { latitude = 48, longitude = 11.5, km = 50 }
exclude = ["NCT00000103"]
kinds = ["results_posted"]
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "major"
[[watch.send]]
to = "chat"
[digest]
at = "6:05"
days = ["fri", "mon"]
timezone = "Europe/Berlin"
when_empty = "never"
[schedule]
sync = "0 6 * * mon-fri"
[severity]
results_posted = "notable"
"recruitment_status_changed.completed" = "minor"
recruitment_status_changed.closed = "notable"
[duties]
good_practice = true
[privacy]
contacts = true
"""
SECRETS = ("hunter2", "p4ssw0rd", "secret-key", "token-of-the-channel")


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = loaded(tmp_path, FULL, {"SMTP_PASSWORD": "p4ssw0rd"})
    assert settings.path == tmp_path / "config.toml"
    assert settings.store_url == "postgresql+psycopg://tracker:hunter2@db/tracker"
    assert settings.shown_store_url == "postgresql+psycopg://db/tracker"
    assert settings.http.contact == "you@example.org"
    ctgov, meddatax = settings.sources["ctgov"], settings.sources["meddatax"]
    assert (ctgov.base_url, ctgov.pace, ctgov.enabled) == ("http://127.0.0.1:8000/api/v2", 50.0, True)
    assert (ctgov.tls, ctgov.user_agent, ctgov.canary) == ("tls1.2", "", "NCT00000555")
    assert (meddatax.base_url, meddatax.pace, meddatax.enabled) == ("https://meddatax.com", 0.2, False)
    assert (meddatax.tls, meddatax.user_agent, meddatax.canary) == ("auto", None, None)
    assert settings.mail is not None
    assert (settings.mail.port, settings.mail.security, settings.mail.password) == (587, "starttls", "p4ssw0rd")
    assert (settings.operator.channel, settings.operator.ping) == ("me", "https://ping.example.org/secret-key")
    assert [channel.name for channel in settings.channels] == ["me", "chat"]
    assert settings.digest.at == dt.time(6, 5)
    assert settings.digest.days == ("mon", "fri")
    assert settings.digest.weekly_on == "mon"
    assert (settings.schedule.sync, settings.schedule.every) == ("0 6 * * mon-fri", None)
    assert settings.severities == {
        "results_posted": "notable",
        "recruitment_status_changed.completed": "minor",
        "recruitment_status_changed.closed": "notable",
    }
    assert settings.contacts is True
    assert settings.good_practice is True


def test_every_key_of_a_watch_is_read(tmp_path: Path) -> None:
    (watch,) = loaded(tmp_path, FULL, {"SMTP_PASSWORD": "p4ssw0rd"}).watches
    assert watch.trials == ("ctgov:NCT07177911", "ctgov:NCT06801119", "ctgov:NCT00000102")
    assert watch.labels == {"ctgov:NCT06801119": "the one in Munich"}
    assert [(page.source, page.trial) for page in watch.pages] == [("meddatax", "meddatax:NCT07177911")]
    assert watch.search == "https://clinicaltrials.gov/search?cond=Lupus&term=&aggFilters=status:rec"
    assert watch.query == {"condition": "lupus", "country": "Germany"}
    assert watch.near is not None
    assert (watch.near.place, watch.near.latitude, watch.near.longitude, watch.near.km) == ("48.0, 11.5", 48.0, 11.5, 50.0)
    assert watch.exclude == {"ctgov:NCT00000103"}
    assert watch.kinds == {"results_posted"}
    assert watch.send == (
        Send(to="me", when="immediate", min_severity="major"),
        Send(to="chat", when="daily", min_severity="notable"),
    )


def test_an_empty_file_is_valid_and_has_every_default(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    assert settings.store_url == f"sqlite:///{tmp_path}/snapshots/tracker.db"
    assert settings.sources["ctgov"].pace == 0.8
    assert settings.mail is None
    assert settings.watches == ()
    assert settings.digest.at == dt.time(7, 30)
    assert settings.schedule.every == dt.timedelta(hours=6)
    assert settings.contacts is False


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_not_shown(tmp_path: Path, secret: str) -> None:
    settings = loaded(tmp_path, FULL, {"SMTP_PASSWORD": "p4ssw0rd"})
    assert secret not in repr(settings)
    screen = io.StringIO()
    Console(file=screen, width=200).print(settings)
    assert secret not in screen.getvalue()


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_mail_port_follows_from_the_security(tmp_path: Path, security: str, port: int) -> None:
    settings = loaded(tmp_path, f'[mail]\nhost = "smtp.example.org"\nfrom = "a@example.org"\nsecurity = "{security}"')
    assert settings.mail is not None
    assert settings.mail.port == port


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///db/t.db", "sqlite:///{folder}/db/t.db"),
        ("sqlite:////var/lib/t.db", "sqlite:////var/lib/t.db"),
        ("sqlite:///t.db?timeout=5", "sqlite:///{folder}/t.db?timeout=5"),
        ("postgresql://db/tracker", "postgresql://db/tracker"),
    ],
)
def test_a_relative_database_belongs_to_the_folder_of_the_file(tmp_path: Path, url: str, expected: str) -> None:
    assert loaded(tmp_path, f'[store]\nurl = "{url}"').store_url == expected.format(folder=tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    assert loaded(tmp_path, '\ufeff[http]\r\ncontact = "you@example.org"\r\n').http.contact == "you@example.org"


def test_a_doubled_dollar_is_a_literal_one(tmp_path: Path) -> None:
    watch = '[[watch]]\nname = "$${A} ${B}"\ntrials = ["${C}"]'
    (read,) = loaded(tmp_path, watch, {"B": "b", "C": "NCT07177911"}).watches
    assert (read.name, read.trials) == ("${A} b", ("ctgov:NCT07177911",))


def test_a_line_break_at_the_end_of_a_variable_is_not_part_of_it(tmp_path: Path) -> None:
    text = '[mail]\nhost = "${HOST}"\nfrom = "a@example.org"\nuser = "u"\npassword = "${PASSWORD}"'
    mail = loaded(tmp_path, text, {"HOST": "smtp.example.org\n", "PASSWORD": " p4ss \n"}).mail
    assert mail is not None
    assert (mail.host, mail.password) == ("smtp.example.org", " p4ss ")


def test_the_page_address_is_judged_with_the_base_address_in_force(tmp_path: Path) -> None:
    text = '[sources.meddatax]\nbase_url = "http://127.0.0.1:9"\n[[watch]]\nname = "a"\npages = ["http://127.0.0.1:9/clinical-trials/X"]'
    assert loaded(tmp_path, text).watches[0].pages[0].trial == "meddatax:X"


def test_a_place_is_given_its_coordinates(tmp_path: Path) -> None:
    text = '[[watch]]\nname = "a"\ntrials = ["NCT07177911"]\nnear = { place = "80331 München", country = "Germany" }'
    near = loaded(tmp_path, text).watches[0].near
    assert near is not None
    assert near.latitude == pytest.approx(48.14, abs=0.1)
    assert near.longitude == pytest.approx(11.57, abs=0.1)


def test_a_name_that_several_towns_share_is_refused_with_the_towns(tmp_path: Path) -> None:
    text = '[[watch]]\nname = "a"\ntrials = ["NCT07177911"]\nnear = { place = "Neustadt", country = "Germany" }'
    told = mistake(tmp_path, text)
    assert "Neustadt an der Weinstraße, Rhineland-Palatinate, Germany" in told
    assert "Neustadt am Rübenberge, Lower Saxony, Germany" in told


def test_a_postcode_alone_asks_for_its_country(tmp_path: Path) -> None:
    text = '[[watch]]\nname = "a"\ntrials = ["NCT07177911"]\nnear = { place = "80331" }'
    assert "country" in mistake(tmp_path, text)
    settings = loaded(tmp_path, text.replace('"80331"', '"80331", country = "Germany"'))
    assert whereabouts(settings) == ('[[watch]] "a" near: 100 km around Munich, Bavaria, Germany.',)


def test_where_a_point_lies_is_said_by_the_city_beside_it(tmp_path: Path) -> None:
    text = (
        '[[watch]]\nname = "a"\ntrials = ["NCT07177911"]\nnear = { place = "home", latitude = 48.36, longitude = 10.9, km = 5 }'
    )
    [where] = whereabouts(loaded(tmp_path, text))
    assert "48.36, 10.9" in where
    assert "Augsburg, Bavaria" in where


def test_an_unknown_place_asks_for_coordinates(tmp_path: Path) -> None:
    text = '[[watch]]\nname = "a"\ntrials = ["NCT07177911"]\nnear = { place = "Nowhereville-on-Sea", country = "Germany" }'
    assert "latitude and longitude" in mistake(tmp_path, text)


class TestFinding:
    def test_the_option_beats_the_environment_beats_the_folder(self, tmp_path: Path) -> None:
        for name in ("a.toml", "b.toml", "config.toml"):
            (tmp_path / name).touch()
        environ = {"TRACKER_CONFIG": str(tmp_path / "b.toml")}
        assert find("a.toml", environ, tmp_path) == tmp_path / "a.toml"
        assert find(None, environ, tmp_path) == tmp_path / "b.toml"
        assert find(None, {}, tmp_path) == tmp_path / "config.toml"

    def test_a_missing_file_never_falls_through_to_another(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").touch()
        for explicit, environ in (("no.toml", {}), (None, {"TRACKER_CONFIG": "no.toml"})):
            with pytest.raises(ConfigError, match=r"no\.toml has one mistake[\s\S]*tracker init"):
                find(explicit, environ, tmp_path)

    def test_a_folder_is_no_configuration(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="is a folder"):
            find(".", {}, tmp_path)


def test_a_watch_of_everything_says_that_nothing_narrows_it(tmp_path: Path) -> None:
    text = '[[watch]]\nname = "all"\neverything = true\nquery = { condition = "lupus" }\n'
    settings = loaded(tmp_path, text)
    assert settings.watches[0].everything
    assert "narrow nothing" in "\n".join(remarks(settings))


def test_remarks_tell_what_is_seldom_meant(tmp_path: Path) -> None:
    text = '[[channel]]\nname = "me"\nurl = "ntfy://x"\n[[watch]]\nname = "lupus"\ntrials = ["NCT07177911"]'
    told = "\n".join(remarks(loaded(tmp_path, text)))
    for word in ('"lupus" sends to nobody', '"me" is not used', "[operator]"):
        assert word in told
    assert remarks(loaded(tmp_path, FULL, {"SMTP_PASSWORD": "x"})) == ()
    assert "nothing is followed" in remarks(loaded(tmp_path, ""))[0]
