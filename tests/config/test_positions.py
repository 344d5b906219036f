"""The walk over a TOML text finds every key that the standard library's reader reads, where it stands."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.config.positions import KeyPath, places

TEXT = """\
# a comment with [brackets] and = signs
[store]
url = "a # no comment"   # a comment

[sources.ctgov]
"odd key\\u0021" = 1

[[watch]]
name = 'a'
trials = [ # [
  "one",
  { id = "two", label = '''
multi "quoted"'''}, "three",
]
query.condition = \"\"\"x\\\"\"\"\"\"\"
when = 2026-01-01 07:30:00

[[watch.send]]
to = "me"
[[watch.send]]
to = "you"

[[watch]]
name = "b"
[watch.near]
km = 1.5
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("store",), 2),
        (("store", "url"), 3),
        (("sources",), 5),
        (("sources", "ctgov", "odd key!"), 6),
        (("watch", 0), 8),
        (("watch", 0, "trials"), 10),
        (("watch", 0, "trials", 0), 11),
        (("watch", 0, "trials", 1, "label"), 12),
        (("watch", 0, "trials", 2), 13),
        (("watch", 0, "query", "condition"), 15),
        (("watch", 0, "send", 1, "to"), 21),
        (("watch", 1, "name"), 24),
        (("watch", 1, "near", "km"), 26),
    ],
)
def test_every_key_is_on_its_line(path: KeyPath, line: int) -> None:
    assert places(TEXT)[path].line == line


def test_a_place_spans_exactly_key_and_value() -> None:
    for path, place in places(TEXT).items():
        if place.value is not None and isinstance(path[-1], str):
            span = TEXT[place.start : place.end]
            assert tomllib.loads(span), span


def paths_of(value: object, path: KeyPath = ()) -> set[KeyPath]:
    """Every path below a read TOML value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: set[KeyPath] = set()
    for key, inner in below:
        found |= {(*path, key)} | paths_of(inner, (*path, key))
    return found


def written(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{written(key)} = {written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + "".join(f"  {written(inner)} , # ] a comment\n" for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.recursive(
    st.integers() | st.booleans() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, max_size=4), st.lists(st.dictionaries(texts, values, max_size=3), max_size=3))
def test_the_walk_finds_what_the_reader_reads(plain: dict[str, object], tables: list[dict[str, object]]) -> None:
    """Whatever the values hold: no path is missed, none invented, and every span reads back as its value."""
    lines = [f"{written(key)} = {written(value)}" for key, value in plain.items()]
    for table in tables:
        lines += ["[[the.list]]", *(f"{written(key)} = {written(value)}" for key, value in table.items())]
    text = "\n".join(lines)
    if "the" in plain:
        return
    assert set(places(text)) == paths_of(tomllib.loads(text))
