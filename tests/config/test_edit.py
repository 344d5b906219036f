"""Adding and removing trials: the file says the right thing afterwards, and every other character stays."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.loading import loaded
from tracker.config.edit import add_trials, read, remove_trials, write
from tracker.config.template import Answers, template
from tracker.errors import ConfigError, UsageError

TEXT = """\
# top
[[watch]] # first
name = "lupus"   # the name
trials = [
    "nct 07177911",   # mine
    # a comment alone
    { id = "NCT06801119", label = "Two" }
]
search = "https://clinicaltrials.gov/search?cond=Lupus"
# kinds = []

[[watch.send]]
to = "me"   # who

[[watch]]
name = "b"
trials = ["NCT00000001", "NCT00000002"] # inline

# about the digest
[digest]
at = "07:30"
"""


def lists(text: str, watch: int = 0) -> tuple[list[object], list[object], list[object]]:
    """What a watch lists now: trials, pages, exclude."""
    table = tomllib.loads(text)["watch"][watch]
    return table.get("trials", []), table.get("pages", []), table.get("exclude", [])


def without(text: str, *lines: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() not in lines)


def test_a_trial_is_added_to_the_first_watch_in_the_layout_of_its_list() -> None:
    text = add_trials(TEXT, None, ["nct00000009"])
    assert '    { id = "NCT06801119", label = "Two" },\n    "NCT00000009"\n]\n' in text
    assert without(text, '"NCT00000009"').replace('"Two" },', '"Two" }') == TEXT


def test_a_trial_is_added_to_the_named_watch() -> None:
    text = add_trials(TEXT, "b", ["NCT00000009"])
    assert text == TEXT.replace('"NCT00000002"]', '"NCT00000002", "NCT00000009"]')


def test_what_is_there_is_not_added_again() -> None:
    assert add_trials(TEXT, None, ["NCT07177911", "nct06801119", "ctgov:NCT07177911"]) == TEXT
    once = add_trials(TEXT, None, ["NCT00000009", "NCT00000009", "https://meddatax.com/clinical-trials/NCT00000009"])
    assert add_trials(once, None, ["NCT00000009", "https://meddatax.com/clinical-trials/NCT00000009/"]) == once


def test_a_page_goes_to_pages_before_what_is_commented_out() -> None:
    """A key below a commented-out table would belong to it once its owner takes the comment marks away."""
    url = "https://meddatax.com/clinical-trials/NCT07177911"
    text = add_trials(TEXT, None, [url])
    assert without(text, f'pages = ["{url}"]') == TEXT
    assert text.index("pages") < text.index("# kinds")
    assert remove_trials(text, None, [url]) == text.replace(f'["{url}"]', "[]")


def test_a_removed_trial_goes_with_its_line_and_is_kept_out_of_searches() -> None:
    text = remove_trials(TEXT, None, ["NCT07177911", "NCT00000001"])
    assert lists(text) == ([{"id": "NCT06801119", "label": "Two"}], [], ["NCT07177911", "NCT00000001"])
    assert lists(text, 1) == (["NCT00000002"], [], [])
    for comment in ("# top", "# first", "# the name", "# a comment alone", "# kinds = []", "# who", "# inline", "# about"):
        assert comment in text


def test_only_the_named_watch_loses_a_trial() -> None:
    text = remove_trials(TEXT, "b", ["NCT00000001", "NCT07177911"])
    assert text == TEXT.replace('"NCT00000001", ', "")


def test_what_is_not_there_is_removed_without_a_word() -> None:
    assert remove_trials(TEXT, "b", ["NCT00000009"]) == TEXT
    once = remove_trials(TEXT, None, ["NCT00000009"])
    assert remove_trials(once, None, ["NCT00000009"]) == once


def test_an_added_trial_is_excluded_no_more() -> None:
    text = add_trials(remove_trials(TEXT, None, ["NCT00000009"]), None, ["NCT00000009"])
    assert text == add_trials(TEXT, None, ["NCT00000009"])


def test_a_file_without_a_watch_gets_one(tmp_path: Path) -> None:
    text = add_trials('[digest]\nat = "07:30"  # early', None, ["NCT07177911", "https://meddatax.com/clinical-trials/X"])
    assert text.startswith('[digest]\nat = "07:30"  # early\n\n[[watch]]\nname = "my trials"\n')
    (watch,) = loaded(tmp_path, text).watches
    assert watch.trials == ("ctgov:NCT07177911",)
    assert watch.pages[0].trial == "meddatax:X"
    assert add_trials("", "lupus", ["NCT07177911"]) == '[[watch]]\nname = "lupus"\ntrials = ["NCT07177911"]\n'


def test_watches_in_one_line_are_edited_too() -> None:
    text = add_trials('watch = [{ name = "a", search = "x" }]\n', None, ["NCT07177911"])
    assert text == 'watch = [{ name = "a", search = "x", trials = ["NCT07177911"] }]\n'
    assert remove_trials(text, "a", ["NCT07177911"]) == text.replace('["NCT07177911"]', '[], exclude = ["NCT07177911"]')


def test_an_unknown_watch_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r'no watch "lupsu"\. Did you mean "lupus"'):
        add_trials(TEXT, "lupsu", ["NCT07177911"])
    with pytest.raises(UsageError, match="Watches: lupus, b"):
        remove_trials(TEXT, "xyz", ["NCT07177911"])


@pytest.mark.parametrize("edit", [add_trials, remove_trials])
def test_what_is_no_number_is_told(edit: object) -> None:
    with pytest.raises(UsageError, match="NCT and eight digits"):
        (add_trials if edit is add_trials else remove_trials)(TEXT, None, ["NCT1"])


def test_a_key_that_is_no_list_is_left_to_its_owner() -> None:
    with pytest.raises(UsageError, match="tracker check"):
        add_trials('[[watch]]\nname = "a"\ntrials = "NCT07177911"\n', None, ["NCT00000009"])


numbers = st.integers(1, 12).map(lambda number: f"NCT{number:08}")


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """A list of trials as people write it: on one line or many, commas and comments anywhere they may stand."""
    entries = draw(st.lists(numbers, unique=True, max_size=5))
    gaps = st.sampled_from(["", " ", "\n", "\n    ", " # a, ] comment\n", '\n  # a "comment\n  '])
    pieces = ["["]
    for position, entry in enumerate(entries):
        written = draw(st.sampled_from(['"{}"', "'{}'", '{{ id = "{}" }}'])).format(entry)
        is_last = position == len(entries) - 1
        comma = "" if is_last and draw(st.booleans()) else ","
        pieces += [draw(gaps), written, draw(gaps), comma]
    return "".join([*pieces, draw(gaps), "]"])


@given(layouts(), st.lists(numbers, max_size=4), st.lists(numbers, max_size=4), st.booleans())
def test_any_layout_survives_any_edit(layout: str, added: list[str], removed: list[str], windows: bool) -> None:
    """Whatever the list looks like: it holds what it should, what surrounds it does not move, a repetition does nothing."""
    head, tail = '# head\n[[watch]]\nname = "a" # [ name\n', '\nkinds = ["x"] # tail\n[digest]\nat = "7"\n'
    text = f"{head}trials = {layout} # after\n{tail}"
    if windows:
        text, head, tail = (part.replace("\n", "\r\n") for part in (text, head, tail))

    def listed(text: str) -> list[object]:
        return [one["id"] if isinstance(one, dict) else one for one in tomllib.loads(text)["watch"][0]["trials"]]

    before = listed(text)
    more = add_trials(text, None, added)
    assert listed(more) == list(dict.fromkeys(before + added))
    assert add_trials(more, None, added) == more
    less = remove_trials(more, None, removed)
    assert listed(less) == [one for one in listed(more) if one not in removed]
    assert remove_trials(less, None, removed) == less
    for edited in (more, less):
        assert edited.startswith(head)
        assert edited.endswith(tail)
        assert edited.count("# after") == 1
    assert more.count("#") == text.count("#")


@given(st.lists(numbers, min_size=1, unique=True), st.booleans())
def test_adding_and_removing_gives_the_template_back(ids: list[str], with_mail: bool) -> None:
    text = template(Answers(mail="you@example.org" if with_mail else None))
    assert remove_trials(add_trials(text, None, ids), None, ids) == text


class TestReadingAndWriting:
    def test_what_is_read_keeps_its_line_ends(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[http]\r\n# x\r\n")
        assert read(tmp_path / "config.toml") == "[http]\r\n# x\r\n"

    def test_what_is_not_toml_is_not_edited(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text("[[watch]")
        with pytest.raises(ConfigError, match="Line 1, column"):
            read(tmp_path / "config.toml")

    def test_the_file_is_replaced_and_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("old")
        path.chmod(0o640)
        write(path, "näw\r\n")
        assert path.read_bytes() == "näw\r\n".encode()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]

    def test_a_new_file_is_its_owners_alone(self, tmp_path: Path) -> None:
        write(tmp_path / "config.toml", "x")
        assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real.toml").write_text("old")
        (tmp_path / "config.toml").symlink_to("real.toml")
        write(tmp_path / "config.toml", "new")
        assert (tmp_path / "config.toml").is_symlink()
        assert (tmp_path / "real.toml").read_text() == "new"

    def test_a_failed_write_leaves_the_old_file_and_nothing_else(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("old")
        with pytest.raises(UnicodeEncodeError):
            write(path, "lone surrogate \ud800")
        assert path.read_text() == "old"
        assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]
