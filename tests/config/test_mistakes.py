"""Wrong configurations: every mistake is told at once, with its key, its line and the remedy, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.loading import checked, loaded, mistake, mistakes
from tests.config.test_load import FULL, SECRETS
from tracker.errors import ConfigError

WATCH = '[[watch]]\nname = "lupus"\n'
CHANNEL = '[[channel]]\nname = "me"\nurl = "ntfy://topic"\n'
MAIL = '[mail]\nhost = "h"\nfrom = "a@example.org"\n'


def test_five_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """\
[http]
contcat = "you@example.org"

[[channel]]
name = "me"
url = "mailto:you@example.org"

[[watch]]
name = "lupus"
trials = [
    "NCT07177911",
    "NCT0680111",
]
[[watch.send]]
to = "you"

[digest]
at = "half past seven"
"""
    told = mistakes(tmp_path, text)
    expected = [
        ("[http] contcat (line 2)", 'Did you mean "contact"?'),
        ('[[channel]] "me" url (line 6)', "Add a [mail] table"),
        ('[[watch]] "lupus" trials[1] (line 12)', "NCT and eight digits"),
        ('[[watch]] "lupus" send[0] to (line 15)', "Channels: me."),
        ("[digest] at (line 18)", 'Write it as "07:30".'),
    ]
    assert len(told) == len(expected)
    for sentence, (key, remedy) in zip(told, expected, strict=True):
        assert sentence.startswith(f"{key}: ")
        assert remedy in sentence


ONE_MISTAKE = [
    # keys and tables
    ("[stroe]\n", "[stroe] (line 1)", 'Did you mean "store"?'),
    ("everyone = true\n", "everyone (line 1)", "no key"),
    (f'{WATCH}trials = ["NCT07177911"]\neveryone = true\n', '"lupus" everyone (line 4)', "no key"),
    ("store = 1\n", "store (line 1)", "must be a table"),
    ('[watch]\nname = "a"\n', "[watch] (line 1)", "[[watch]] in double brackets"),
    ('[[store]]\nurl = "sqlite:///a"\n', "store (line 1)", "[store] in single brackets"),
    # types
    ("[http]\ncontact = 1\n", "[http] contact (line 2)", "a text in quotes, not a whole number"),
    ('[http]\ncontact = " "\n', "[http] contact", "empty"),
    ('[sources.ctgov]\nenabled = "no"\n', "[sources.ctgov] enabled", "true or false without quotes, not a text"),
    ("[sources.ctgov]\npace = true\n", "[sources.ctgov] pace", "a number, not true or false"),
    ("[digest]\nat = 07:30:00\n", "[digest] at", "not a date or time"),
    (f'{WATCH}trials = "NCT07177911"\n', '"lupus" trials (line 3)', "a list in [brackets], not a text"),
    (f"{WATCH}trials = [7177911]\n", '"lupus" trials[0]', "a text in quotes, not a whole number"),
    # store, http, sources
    ('[store]\nurl = "mysql://db"\n', "[store] url", "postgresql+psycopg://"),
    ('[store]\nurl = "sqlite://"\n', "[store] url", "no file"),
    ('[store]\nurl = "sqlite:///:memory:"\n', "[store] url", "no file"),
    ('[http]\ncontact = "me"\n', "[http] contact", "e-mail address"),
    ("[sources.ctgo]\n", "[sources.ctgo] (line 1)", 'Did you mean "ctgov"?'),
    ("[sources.anzctr]\n", "[sources.anzctr] (line 1)", "ANZCTR is not followed by this version"),
    ("[sources.ctgov]\npace = 0\n", "[sources.ctgov] pace", "from 0.01 to 10"),
    ("[sources.ctgov]\npace = nan\n", "[sources.ctgov] pace", "from 0.01 to 10"),
    ('[sources.ctgov]\nbase_url = "clinicaltrials.gov"\n', "[sources.ctgov] base_url", "https://"),
    ('[sources.ctgov]\nbase_url = "https://a.org/?x=1"\n', "[sources.ctgov] base_url", "path only"),
    ('[sources.ctgov]\nbase_url = "https://a.org:port/"\n', "[sources.ctgov] base_url", "https://"),
    ('[sources.ctgov]\ntls = "tls1.3"\n', "[sources.ctgov] tls", 'Did you mean "tls1.2"?'),
    ("[sources.ctgov]\ntls = 1.2\n", "[sources.ctgov] tls", "a text in quotes"),
    ('[sources.ctgov]\nuser_agent = " "\n', "[sources.ctgov] user_agent", "empty"),
    ('[sources.ctgov]\ncanary = "2024-510663-34"\n', "[sources.ctgov] canary", "is not a number of ClinicalTrials.gov"),
    ('[sources.meddatax]\ncanary = "NCT01072682"\n', "[sources.meddatax] canary", "address"),
    (
        '[sources.meddatax]\ncanary = "https://example.org/NCT01072682"\n',
        "[sources.meddatax] canary",
        "is not a page of MedDataX",
    ),
    ('[sources.ctgov]\nuser_agent = "prüfer/1"\n', "[sources.ctgov] user_agent", "ASCII"),
    ('[sources.ctgov]\nuser_agent = "a/1\\r\\nX: y"\n', "[sources.ctgov] user_agent", "one line"),
    # mail, channels, operator
    ('[mail]\nfrom = "a@example.org"\n', "[mail] host (line 1)", "smtp.example.org"),
    ('[mail]\nhost = "h"\n', "[mail] from", "sender"),
    ('[mail]\nhost = "smtp://h"\nfrom = "a@example.org"\n', "[mail] host", "name alone"),
    ('[mail]\nhost = "h"\nfrom = "tracker"\n', "[mail] from", "you@example.org"),
    (f'{MAIL}reply_to = "A <a@b.org>\\nBcc: <c@d.org>"\n', "[mail] reply_to", "one line"),
    (f'{MAIL}reply_to = "a@b@c"\n', "[mail] reply_to", "you@example.org"),
    (f'{MAIL}user = "u"\n', "[mail] password", "${SMTP_PASSWORD}"),
    (f'{MAIL}password = "p"\n', "[mail] user", "Add the user"),
    (f'{MAIL}security = "ssl"\n', "[mail] security", "starttls, tls, none"),
    (f"{MAIL}port = 70000\n", "[mail] port", "1 to 65535"),
    ('[[channel]]\nurl = "ntfy://x"\n', "[[channel]] number 1 name (line 1)", "needs a name"),
    ('[[channel]]\nname = "me"\n', '[[channel]] "me" url', "needs a URL"),
    (CHANNEL + CHANNEL, '[[channel]] "me" name (line 5)', "own name"),
    ('[[channel]]\nname = "me"\nurl = "you"\n', '[[channel]] "me" url', "mailto:you@example.org"),
    ('[[channel]]\nname = "me"\nurl = "ntfy:topic"\n', '[[channel]] "me" url', "two slashes"),
    (f'{MAIL}[[channel]]\nname = "me"\nurl = "mailto:you"\n', '[[channel]] "me" url', "not an e-mail address"),
    (f'{MAIL}[[channel]]\nname = "me"\nurl = "mailto://u:p@h"\n', '[[channel]] "me" url', "[mail]"),
    ('[[channel]]\nname = "me"\nurl = "hook+https://u:p@hooks.example.org/"\n', '[[channel]] "me" url', "no user and password"),
    (f'{CHANNEL}[operator]\nchannel = "mee"\n', "[operator] channel", 'Did you mean "me"?'),
    ('[operator]\nping = "ping.example.org"\n', "[operator] ping", "https://"),
    # digest, schedule, severity, privacy
    ('[digest]\nat = "24:00"\n', "[digest] at", "07:30"),
    ('[digest]\ndays = ["Monday"]\n', "[digest] days[0]", "mon"),
    ("[digest]\ndays = []\n", "[digest] days", "No day"),
    ('[digest]\ntimezone = "Europe/Berlni"\n', "[digest] timezone", 'Did you mean "Europe/Berlin"?'),
    ('[digest]\ntimezone = "Europe"\n', "[digest] timezone", "not a time zone"),
    ('[digest]\ntimezone = "/etc/passwd"\n', "[digest] timezone", "not a time zone"),
    ('[digest]\nwhen_empty = "daily"\n', "[digest] when_empty", "always, weekly, never"),
    ('[schedule]\nsync = "hourly"\n', "[schedule] sync", '"6h"'),
    (f'[schedule]\nsync = "{"9" * 5000} * * * *"\n', "[schedule] sync", '"6h"'),
    ('[severity]\nresult_posted = "minor"\n', "[severity] result_posted", 'Did you mean "results_posted"?'),
    ('[severity]\nresults_posted = "critical"\n', "[severity] results_posted", "minor, notable, major"),
    ('[severity]\n"recruitment_status_changed.closd" = "minor"\n', "closd", 'Did you mean "closed"?'),
    ('[severity]\nrecruitment_status_changed.closd = "minor"\n', "closd (line 2)", 'Did you mean "closed"?'),
    ('[severity]\n"results_posted.x" = "minor"\n', "results_posted.x", "has no effects"),
    ("[privacy]\ncontacts = 1\n", "[privacy] contacts", "true or false"),
    # watches
    ('[[watch]]\nname = "a\\nb"\ntrials = ["NCT07177911"]\n', "name (line 2)", "one line"),
    ('[[watch]]\ntrials = ["NCT07177911"]\n', "[[watch]] number 1 name", "needs a name"),
    (f'{WATCH}trials = ["NCT07177911"]\n' * 2, '[[watch]] "lupus" name (line 5)', "own name"),
    (WATCH, '[[watch]] "lupus" (line 1)', "follows nothing"),
    (f"{WATCH}everything = 1\n", '[[watch]] "lupus" everything', "true or false"),
    (f'{WATCH}trials = ["lupus"]\n', '"lupus" trials[0]', "not a trial number of a registry known here"),
    (f'{WATCH}trials = ["ACTRN12612345678901"]\n', '"lupus" trials[0]', "ANZCTR, which this version does not follow"),
    (f'{WATCH}trials = ["meddatax:NCT07177911"]\n', '"lupus" trials[0]', "number alone"),
    (f'{WATCH}trials = ["https://clinicaltrials.gov/study/NCT07177911"]\n', '"lupus" trials[0]', '"NCT07177911" here'),
    (f'{WATCH}trials = ["NCT07177911", "nct07177911"]\n', '"lupus" trials[1]', "twice, first at trials[0]"),
    (f'{WATCH}trials = [{{ label = "x" }}]\n', '"lupus" trials[0] id', "number is missing"),
    (f'{WATCH}trials = [{{ id = "NCT1" }}]\n', '"lupus" trials[0]', '"NCT1"'),
    (f'{WATCH}trials = [{{ id = "NCT07177911", lable = "x" }}]\n', '"lupus" trials[0] lable', 'Did you mean "label"?'),
    (f'{WATCH}trials = ["NCT07177911"]\nexclude = ["NCT07177911"]\n', '"lupus" exclude[0]', "also listed at trials[0]"),
    (f'{WATCH}trials = ["NCT07177911"]\nexclude = ["x"]\n', '"lupus" exclude[0]', "not a trial number"),
    (f'{WATCH}trials_file = "no.csv"\n', '"lupus" trials_file', "no.csv cannot be read"),
    (f'{WATCH}pages = ["meddatax"]\n', '"lupus" pages[0]', "https://"),
    (f'{WATCH}pages = ["https://example.org/x"]\n', '"lupus" pages[0]', "MedDataX"),
    (f'{WATCH}pages = ["https://clinicaltrials.gov/study/NCT07177911"]\n', '"lupus" pages[0]', '"NCT07177911" under trials'),
    (
        f'{WATCH}pages = ["https://meddatax.com/clinical-trials/A", "https://meddatax.com/clinical-trials/A"]\n',
        "pages[1]",
        "same page",
    ),
    (f'{WATCH}search = "lupus"\n', '"lupus" search', "https://"),
    (f'{WATCH}search = "https://example.org/?cond=x"\n', '"lupus" search', "clinicaltrials.gov"),
    (f'{WATCH}search = "https://clinicaltrials.gov/search?cnd=x"\n', '"lupus" search', 'Did you mean "cond"?'),
    (f'{WATCH}search = "https://clinicaltrials.gov/search?cond="\n', '"lupus" search', "all of ClinicalTrials.gov"),
    (f'{WATCH}search = "https://clinicaltrials.gov/study/NCT07177911"\n', '"lupus" search', "under trials"),
    (f'{WATCH}query = {{ conditon = "x" }}\n', '"lupus" query.conditon (line 3)', 'Did you mean "condition"?'),
    (f'{WATCH}trials = ["NCT07177911"]\nkinds = ["result_posted"]\n', '"lupus" kinds[0]', 'Did you mean "results_posted"?'),
    (f'{WATCH}trials = ["NCT07177911"]\nkinds = []\n', '"lupus" kinds', "Leave it out"),
    (f'{WATCH}trials = ["NCT07177911"]\nnear = {{ km = 50 }}\n', '"lupus" near.place', "latitude and longitude"),
    (
        f'{WATCH}trials = ["NCT07177911"]\nnear = {{ place = "Bonn", country = "Germny" }}\n',
        '"lupus" near.country',
        "not a country",
    ),
    (f'{WATCH}trials = ["NCT07177911"]\nnear = {{ latitude = 50 }}\n', '"lupus" near.longitude', "Give both"),
    (f'{WATCH}trials = ["NCT07177911"]\nnear = {{ latitude = 91, longitude = 0 }}\n', '"lupus" near.latitude', "-90 to 90"),
    (
        f'{WATCH}trials = ["NCT07177911"]\nnear = {{ latitude = 9, longitude = 0, km = 0 }}\n',
        '"lupus" near.km',
        "above 0 to 20000",
    ),
    (f'{WATCH}trials = ["NCT07177911"]\n[[watch.send]]\n', '"lupus" send[0] to', "which channel"),
    (f'{WATCH}trials = ["NCT07177911"]\n[[watch.send]]\nto = "me"\n', '"lupus" send[0] to', "Add a [[channel]]"),
    (
        f'{CHANNEL}{WATCH}trials = ["NCT07177911"]\n[[watch.send]]\nto = "me"\nwhen = "now"\n',
        "send[0] when",
        "immediate, daily, weekly",
    ),
    (
        f'{CHANNEL}{WATCH}trials = ["NCT07177911"]\n[[watch.send]]\nto = "me"\nmin_severity = "majr"\n',
        "send[0] min_severity",
        '"major"',
    ),
    # environment
    ('[http]\ncontact = "${CONTACT}"\n', "[http] contact (line 2)", "CONTACT is not set"),
    (f'{WATCH}trials = ["${{T}}"]\n', '"lupus" trials[0]', "T is not set"),
    ('[http]\ncontact = "${oops"\n', "[http] contact", "$${"),
]


@pytest.mark.parametrize(("text", "key", "remedy"), ONE_MISTAKE)
def test_a_mistake_is_named_with_its_key_and_remedy(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    told = mistake(tmp_path, text)
    assert key in told.partition(": ")[0]
    assert remedy in told


@given(
    st.lists(
        st.sampled_from([(text, key) for text, key, _ in ONE_MISTAKE if text.startswith("[") and "[[" not in text]), min_size=1
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_mistakes_in_different_tables_do_not_hide_each_other(tmp_path: Path, chosen: list[tuple[str, str]]) -> None:
    """Any set of mistakes, at most one a table, is told in full."""
    by_table = {text.partition("\n")[0]: (text, key) for text, key in chosen}
    told = mistakes(tmp_path, "".join(text for text, _ in by_table.values()))
    for _, key in by_table.values():
        assert any(key.partition(" (line")[0] in sentence.partition(": ")[0] for sentence in told)


LINES = [line for line in FULL.splitlines() if " = " in line]


@given(st.sampled_from(LINES), st.sampled_from(["2026-01-01", "[[1]]", '"${NOT_SET}"']))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_made_wrong_is_named_with_its_key(tmp_path: Path, line: str, value: str) -> None:
    """Whichever key of a complete configuration is spoiled: a mistake names it and the line it stands on."""
    key = line.partition(" = ")[0]
    text = FULL.replace(f"\n{line}\n", f"\n{key} = {value}\n", 1)
    number = text.splitlines().index(f"{key} = {value}") + 1
    told = mistakes(tmp_path, text, {"SMTP_PASSWORD": "p4ssw0rd"})
    assert any(f"(line {number})" in sentence and key.strip('"').rpartition(".")[2] in sentence for sentence in told)
    for secret in SECRETS:
        assert secret not in "\n".join(told)


@pytest.mark.parametrize(
    "text",
    [
        '[store]\nurl = "oracle://u:hunter2@db/x"\n',
        '[[channel]]\nname = "me"\nurl = "hunter2"\n',
        f'{MAIL}[[channel]]\nname = "me"\nurl = "mailtos://u:hunter2@example.org"\n',
        '[operator]\nping = "hunter2"\n',
        '[sources.ctgov]\nbase_url = "https://u:hunter2@example.org/"\n',
        f'{MAIL}password = "hunter2"\n',
        f"{MAIL}password = hunter2\n",
        f'{MAIL}password = "hunter2\n',
        f'{MAIL}security = "${{SECRET}}"\n',
        '[digest]\nat = "${SECRET}"\ntimezone = "${SECRET}"\ndays = ["${SECRET}"]\n',
        '[schedule]\nsync = "${SECRET}"\n',
        f'{WATCH}trials = ["${{SECRET}}"]\nsearch = "${{SECRET}}"\npages = ["${{SECRET}}"]\nkinds = ["${{SECRET}}"]\n',
        f'{WATCH}trials_file = "${{SECRET}}"\n',
        f'{WATCH}search = "https://example.org/${{SECRET}}?${{SECRET}}=1"\n',
        f'{WATCH}search = "https://${{SECRET}}/"\n',
        f'{WATCH}search = "https://clinicaltrials.gov/?${{SECRET}}=1"\n',
    ],
)
def test_secrets_do_not_show_in_errors(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(tmp_path, text, {"SECRET": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[http\n", "Line 1, column 6"),
        ("[http]\ncontact = you@example.org\n", "Line 2, column 11"),
        ('[http]\ncontact = "a@b.org"\ncontact = "a@b.org"\n', "Line 3, column 20"),
        ('[http]\ncontact = "a@b.org\n', "Line 2"),
        ("a = [1,", "End of document"),
    ],
)
def test_what_is_not_toml_is_told_with_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    told = mistake(tmp_path, text)
    assert told.startswith(place)
    assert "quote" in told


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[[watch]]\nname = "Zürich"\n'.encode("cp1252"))
    with pytest.raises(ConfigError, match=r"Line 2 is not UTF-8\. Save"):
        loaded_as_it_is(path)


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        loaded_as_it_is(tmp_path)


def loaded_as_it_is(path: Path) -> None:
    """Load a file that a test has written itself."""
    from tests.config.loading import KINDS, SOURCES, page_of
    from tracker.config import load

    load(path, sources=SOURCES, kinds=KINDS, environ={}, page_of=page_of)


BAD_SEARCH = f'{WATCH}search = "https://clinicaltrials.gov/search?cond=lupus&start=soon"\n'


def test_a_search_that_cannot_be_asked_is_a_mistake_to_check_but_stops_nothing_else(tmp_path: Path) -> None:
    assert "start=soon" in mistake(tmp_path, BAD_SEARCH)
    assert loaded(tmp_path, BAD_SEARCH).watches[0].search
    with pytest.raises(ConfigError, match="start=soon"):  # all mistakes are told at once all the same
        loaded(tmp_path, f"{BAD_SEARCH}everyone = true\n")


def test_words_of_a_query_are_read_when_it_is_checked(tmp_path: Path) -> None:
    text = f'{WATCH}query = {{ condition = "lupus", status = "recuriting" }}\n'
    assert '"recuriting" is no status' in mistake(tmp_path, text)


def test_the_mail_server_is_named_by_idna_2008(tmp_path: Path) -> None:
    settings = loaded(tmp_path, '[mail]\nhost = "post.groß.example"\nfrom = "a@example.org"\n')
    assert settings.mail is not None
    assert settings.mail.host == "post.xn--gro-7ka.example"
    assert "not a host name" in mistake(tmp_path, '[mail]\nhost = "snow☃.example"\nfrom = "a@example.org"\n')


def test_an_address_that_delivery_refuses_is_a_mistake_to_check_but_stops_no_other_channel(tmp_path: Path) -> None:
    text = f'{MAIL}[[channel]]\nname = "me"\nurl = "mailto:you@example.org?subject=Trials"\n'
    assert '"?subject=" of a mailto: URL is not honoured' in mistake(tmp_path, text)
    assert loaded(tmp_path, text).channels
