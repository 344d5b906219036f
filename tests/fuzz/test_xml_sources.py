"""Sources that read XML: whatever becomes of the elements and texts of an answer, a record and issues, or AnswerError."""

from __future__ import annotations

import copy
from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import fuzzed
from tests.fuzz.test_sources import SOURCES, read, tell
from tests.pages import FIXTURES, document

ANSWERS = {
    f"{key}/{example.fixture}": (example.trial, (FIXTURES / key / example.fixture).read_bytes())
    for key, source in SOURCES.items()
    for example in source.EXAMPLES
    if example.fixture.endswith(".xml")
}
TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "-", "0", "-1", "1e9", "99999999999999999999", "2026-02-30T00:00:00.000Z", "0000-00-00", "9999-12-31"]
    ),
    st.text(max_size=12).filter(lambda text: text.isprintable()),
)
EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "empty", "text", "twice", "inside", "name", "attribute"]), st.integers(0, 500), TEXTS)
)


def edited(body: bytes, edits: list[tuple[str, int, str]]) -> bytes:
    """The answer with some of its elements dropped, emptied, doubled, renamed or put into one another."""
    root: Any = fromstring(body)
    for what, place, text in edits:
        pairs = [(parent, child) for parent in root.iter() for child in parent]
        if not pairs:
            break
        parent, child = pairs[place % len(pairs)]
        match what:
            case "drop":
                parent.remove(child)
            case "empty":
                child.clear()
            case "text":
                child.text = text
            case "twice":
                parent.append(copy.deepcopy(child))
            case "inside":
                child.append(Element(child.tag))
            case "name":
                child.tag = "{http://www.67bricks.com/isrctn}unheardOf"
            case _:
                child.attrib |= dict.fromkeys([*child.attrib, "new"], text)
    return bytes(tostring(root))


@pytest.mark.parametrize("name", ANSWERS)
@fuzzed(30)
@given(edits=EDITS)
def test_an_edited_answer_is_read_or_refused(name: str, edits: list[tuple[str, int, str]]) -> None:
    trial, body = ANSWERS[name]
    url = "https://registry.example/record"
    before = read(document(trial, body, "application/xml", url))
    tell(before, read(document(trial, edited(body, edits), "application/xml", url)))
