"""The small readers of dates, words, places, numbers, addresses, schedules, headers and files: a value or their own error."""

from __future__ import annotations

import contextlib
import csv
import io
import string
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.loading import KINDS, SOURCES, page_of
from tests.fuzz import fuzzed
from tests.fuzz.mutation import STRANGE_TEXTS, shuffled_tokens, torn
from tracker import log, sources
from tracker.config import Settings, check
from tracker.config.schedule import schedule_problem
from tracker.config.trials import trial_number
from tracker.config.trials_file import MOST_ROW_MISTAKES, read_trials_file
from tracker.errors import ConfigError, SearchError, StoreError
from tracker.extract.blocks import decode, read_lines
from tracker.extract.criteria import criteria
from tracker.extract.dates import read_date
from tracker.fetch.addresses import masked_url
from tracker.fetch.robots import Rules
from tracker.geo.countries import country_code, fold_place, states
from tracker.geo.gazetteer import find_city, near_distance
from tracker.model.dates import RegistryDate
from tracker.model.http_times import retry_after
from tracker.model.ids import recognise, split_key
from tracker.model.record import GeoPoint, Site
from tracker.model.source import Search
from tracker.model.watch import Near
from tracker.render.safe_text import cell, one_line, web_link
from tracker.sources.ctgov.search import parameters
from tracker.sources.ctgov.search_fields import QUERY_FIELDS, SEARCH_PARAMETERS
from tracker.store import packing
from tracker.text.clean import clean

HOME = Near(place="Munich", latitude=48.1, longitude=11.6, km=100)
NOW = datetime(2026, 3, 10, tzinfo=UTC)
TEXTS = st.sampled_from(STRANGE_TEXTS) | st.text(max_size=40)


def pieces(*known: str, most: int = 8) -> st.SearchStrategy[str]:
    """Texts made of the words that a parser looks for, and of strange ones."""
    return st.lists(st.sampled_from(known) | TEXTS, max_size=most).map("".join)


# --- texts ----------------------------------------------------------------------------------------------------------


MARKED_UP = pieces(
    "&", "amp;", "&lt;", "&#38;", "\\", "<b", "<p>", ">", "\n", " ", "\u0301", "\u0344", "\ud800", "&#x26;", most=40
)


@fuzzed(200)
@given(MARKED_UP)
def test_cleaned_text_is_clean(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(char < " " or "\ud800" <= char <= "\udfff" for char in cleaned.replace("\n", ""))


LINES = pieces(
    *(
        "Inclusion Criteria",
        "Exclusion criteria:",
        "Key ",
        "non-inclusion criteria",
        "criteria for exclusion",
        " - ",
        "\n",
        ". ",
    ),
    *("* ", "1. ", "(a) ", "**", "__", "o ", "lower case", "Upper Case", ":", ";", "•"),
    most=25,
)


@fuzzed(200)
@given(LINES)
def test_criteria_are_lines_that_say_something(text: str) -> None:
    found = criteria(text)
    assert found == criteria(text)
    for line in (*found.inclusion, *found.exclusion, *found.other):
        assert line == line.strip() != ""
        assert "\n" not in line


@fuzzed(200)
@given(st.binary(max_size=200), pieces("text/html", "; ", "charset=", "utf-16", "punycode", "idna", '"', "hex", "..", most=5))
def test_any_bytes_of_any_content_type_are_lines(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type), str)
    for line in read_lines(body, content_type):
        assert line.text == " ".join(line.text.split()) != ""


@fuzzed(200)
@given(TEXTS | pieces("\x1b[31m", "\r\n", "=", "+", "-", "@", "\t", "|", "1.5", "\u202e", "\u2028", "\ud800"))
def test_shown_text_is_one_line_that_does_nothing(text: str) -> None:
    shown_text = one_line(text)
    assert one_line(shown_text) == shown_text
    assert not any(char in shown_text for char in "\x1b\r\n\t\0\u202e\u2028")
    assert len(one_line(text, 20)) <= 20
    assert cell(shown_text)[:1] not in tuple("=+@＝＋－＠") or shown_text.lstrip("+-").replace(".", "", 1).isdigit()
    assert web_link(text) in ("", text)
    assert not log.pairs("event", value=text).replace("\u200c", "").splitlines()[1:], "one line in the log"


# --- dates and numbers ----------------------------------------------------------------------------------------------


DATES = pieces(
    "2026", "-", "02", "30", " ", "March", "Sept.", "31", "st", ",", "T10:00Z", "0000", "9999", "١٢", "２０２６", most=7
)


@fuzzed(300)
@given(DATES | TEXTS, DATES | TEXTS)
def test_any_text_is_a_date_or_kept_as_it_is(one: str, other: str) -> None:
    for date, later in ((RegistryDate(one), RegistryDate(other)), (read_date(one), read_date(other))):
        known = date.precision != "none"
        assert (date.first is not None) is (date.last is not None) is known
        assert date.contains(date) is known
        assert date.shift_to(date) == ((0, 0) if known else None)
        date.shift_to(later)
        date.contains(later)
        assert date.date.isascii() or not known
    read = read_date(one)
    assert read_date(read.date) == read


NUMBERS = pieces(
    *(
        "NCT",
        "nct",
        "0717",
        "7911",
        "2024-5",
        "12345-21-00",
        "EUCTR",
        "-DE",
        "ISRCTN",
        "jRCT",
        "CTRI/2020/01/",
        "RBR-",
        " ",
        ":",
    ),
    *("ctgov:", "meddatax:", "..", "/", "\\", "%2e", "١٢٣٤٥٦٧٨", "ſ", "K", "https://", "\0"),
)


@fuzzed(300)
@given(NUMBERS | TEXTS)
def test_a_recognised_number_is_canonical_and_plain(text: str) -> None:
    found = recognise(text)
    if found:
        assert recognise(found.number) == found
        assert split_key(found.key) == found
        assert set(found.number) <= set(string.ascii_letters + string.digits + "-/")
        assert ".." not in found.key
    number = trial_number(text)
    assert isinstance(number, str) or recognise(number.number) == number


# --- places ---------------------------------------------------------------------------------------------------------


NAMES = pieces(
    "München", "Muenchen", "New York", ", NY", " Cedex 07", "Paris", "80331 ", "Georgia", "US", "-", "(", " 5", "ß", "ﬁ", most=4
)
DEGREES = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 90.0, -180.0, 1e308])


@fuzzed(150)
@given(
    st.builds(
        Site,
        city=st.none() | NAMES,
        state=st.none() | NAMES,
        zip=st.none() | NAMES,
        country=st.sampled_from([None, "Germany", "United States", "Atlantis"]) | NAMES,
        geo=st.none() | st.builds(GeoPoint, lat=DEGREES, lon=DEGREES),
    ),
    NAMES,
    st.sampled_from([None, "Germany", "Atlantis"]) | NAMES,
)
def test_any_site_is_near_far_elsewhere_or_unsure(site: Site, name: str, country: str | None) -> None:
    for near in (HOME, msgspec.structs.replace(HOME, km=1.0, country=country)):
        found = near_distance(site, near)
        assert (found.km is None) is (found.how in ("unsure", "elsewhere"))
        assert found.km is None or 0 <= found.km <= 20_100
        assert near_distance(site, near) == found


@fuzzed(5)
@given(NAMES, st.sampled_from([None, "Germany", "Atlantis"]) | NAMES)
def test_any_name_is_a_city_or_none(name: str, country: str | None) -> None:
    found = find_city(name, country)
    assert found is None or found.country == (country_code(country) if country else found.country)
    assert fold_place(fold_place(name)) == fold_place(name)
    states(name)


# --- addresses ------------------------------------------------------------------------------------------------------


VALUES = pieces("status:rec", "Lupus", "2026-01-01_", "MIN", "48.1", "nan", "]", '"', " AND ", "RANGE[", "\\", most=3)
PAIRS = st.lists(st.tuples(st.sampled_from(sorted(SEARCH_PARAMETERS)) | st.text(max_size=5), VALUES), max_size=5)
ADDRESSES = PAIRS.map(lambda pairs: "https://clinicaltrials.gov/search?" + urlencode(pairs, errors="replace")) | pieces(
    "https://", "clinicaltrials.gov", "/search", "?", "cond=", "&", "[", "]", "%zz", ":", "@", "99999", "#"
)


@fuzzed(200)
@given(ADDRESSES, st.dictionaries(st.sampled_from(sorted(QUERY_FIELDS)) | st.text(max_size=5), VALUES, max_size=4))
def test_a_search_is_understood_or_refused(url: str, fields: dict[str, str]) -> None:
    with contextlib.suppress(SearchError):
        given_search = Search(url=url, fields=fields, near=HOME)
        found = parameters(given_search)
        assert found == parameters(given_search)
        assert len({name for name, _ in found}) == len(found)


PAGE_ADDRESSES = pieces(
    *(
        "https://",
        "http://",
        "meddatax.com",
        "www.trialx.com",
        "/clinical-trials/",
        "NCT07177911",
        "listings/",
        "901",
        "/results",
    ),
    *("/", "..", "%2e%2e", "?", "#", ":", "[", "]", "@", "٣", "\\"),
)


@fuzzed(300)
@given(PAGE_ADDRESSES)
def test_an_address_is_a_page_with_a_plain_key_or_none(url: str) -> None:
    page = sources.page_of(url, {"meddatax": "https://meddatax.com", "trialx": "http://127.0.0.1:8080/trialx"})
    if page:
        assert page.url == url
        assert set(page.trial) <= set(string.ascii_letters + string.digits + ":")
    assert "\n" not in masked_url(url.replace("\n", ""))


# --- what hosts say -------------------------------------------------------------------------------------------------


@fuzzed(200)
@given(pieces("1", "120", "-", "Fri, 31 Dec 1999 23:59:59 GMT", "Mon", " ", "99 99 9999", "+9999", "1e9", "²", "0000", "GMT"))
def test_a_retry_after_is_seconds_or_nothing(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


ROBOTS = pieces(
    *(
        "User-agent: *\n",
        "User-agent: trial-registry-tracker\n",
        "Disallow: /\n",
        "Allow: /a",
        "Crawl-delay: ",
        "nan\n",
        "1e999\n",
    ),
    *("Request-rate: 1/0\n", "Request-rate: 1/10s 0800-2500\n", "Sitemap:", "*", "$", "%", "-5\n", "\r", ":", "#"),
    most=12,
)


@fuzzed(150)
@given(ROBOTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=100))
def test_any_robots_txt_allows_or_forbids(body: bytes) -> None:
    rules = Rules(body)
    assert rules.allows("https://meddatax.com/clinical-trials/NCT07177911") in (True, False)
    assert rules.delay >= 0


# --- what users write -----------------------------------------------------------------------------------------------


@fuzzed(200)
@given(pieces("0", "6", "*", "/", "-", ",", " ", "mon", "fri", "jan", "h", "60", "²", most=14))
def test_any_schedule_is_good_or_told_what_is_wrong(text: str) -> None:
    assert schedule_problem(text) == "" or schedule_problem(text)[-1] in ".?"


CONFIG = (Path(__file__).parents[2] / "config.toml").read_text("utf-8")
WHOLE = (
    """
[store]
url = "sqlite:///tracker.db"
[http]
contact = "me@example.org"
[sources.ctgov]
base_url = "https://clinicaltrials.gov/api/v2"
pace = 0.8
[mail]
host = "smtp.example.org"
port = 587
user = "me"
password = "${SMTP_PASSWORD}"
from = "Tracker <me@example.org>"
[operator]
channel = "me"
ping = "https://example.org/ping"
[[channel]]
name = "me"
url = "mailto:me@example.org"
[[watch]]
name = "lupus"
trials = ["NCT07177911", { id = "NCT06801119", label = "Second" }]
search = "https://clinicaltrials.gov/search?cond=Lupus"
near = { latitude = 48.1, longitude = 11.6, km = 100 }
pages = ["https://meddatax.com/clinical-trials/NCT07177911"]
kinds = ["results_posted"]
[[watch.send]]
to = "me"
when = "immediate"
min_severity = "major"
[digest]
at = "07:30"
days = ["mon", "fri"]
timezone = "Europe/Berlin"
[schedule]
sync = "6h"
[severity]
results_posted = "major"
[daemon]
port = 8000
[privacy]
contacts = true
"""
    + CONFIG
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


@fuzzed(200)
@given(data=st.data(), whole=st.booleans())
def test_any_configuration_is_settings_or_a_list_of_mistakes(folder: Path, data: st.DataObject, whole: bool) -> None:
    text = data.draw(shuffled_tokens(WHOLE.partition("# ")[0] if whole else CONFIG, most=3))
    found: Settings | ConfigError
    try:
        found = check(
            text,
            folder / "config.toml",
            sources=SOURCES,
            kinds=KINDS,
            environ={"SMTP_PASSWORD": "a long secret"},
            page_of=page_of,
        )
    except ConfigError as error:
        found = error
    if isinstance(found, ConfigError):
        assert found.mistakes
        assert all(mistake.strip() and "a long secret" not in mistake for mistake in found.mistakes)


TRIALS_FILE = 'id,label,group\nNCT07177911,First,A\nNCT06801119,"Second, of two",B\n2024-512345-21-00,Third,C\n'


@fuzzed(200)
@given(data=st.data())
def test_any_trials_file_is_rows_or_mistakes(folder: Path, data: st.DataObject) -> None:
    path = folder / "trials.csv"
    path.write_bytes(data.draw(torn(TRIALS_FILE.encode()) | st.binary(max_size=100)))
    rows, _, mistakes = read_trials_file(path, SOURCES)
    assert rows or mistakes
    assert len(mistakes) <= MOST_ROW_MISTAKES + 1
    for row in rows:
        assert recognise(row.trial.partition(":")[2])


# --- what is stored and written ---------------------------------------------------------------------------------------


@fuzzed(100)
@given(data=st.data(), body=st.binary(max_size=300))
def test_stored_bytes_come_back_or_are_told_to_be_damaged(data: st.DataObject, body: bytes) -> None:
    [packed] = packing.pack([body])
    assert packing.unpack(packed, packing.WHOLE, 1) == body
    with contextlib.suppress(StoreError):
        packing.unpack(data.draw(torn(packed)), packing.WHOLE, 1)


@fuzzed(100)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_row_of_any_words_is_one_row_of_csv(row: list[str]) -> None:
    from tracker.render.grid import csv_lines

    written = "".join(csv_lines([row]))
    [back] = csv.reader(io.StringIO(written, newline=""))
    assert back == [cell(one_line(text)) for text in row]
