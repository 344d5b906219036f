"""Inputs that are nearly right: real shapes with parts torn out, swapped, doubled, retyped and cut off."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import strategies as st

STRANGE_TEXTS = (
    *("", " ", "\0", "\u202eevil\u202c", "\ufeff", "\u0301" * 40, "x" * 3000, "\\" * 300, "&" + "amp;" * 30 + "lt;"),
    *(
        "<script>alert(1)</script>",
        "<b" * 30 + ">" * 30,
        "=cmd|' /C calc'!A0",
        "a\r\nBcc: all@example.org",
        "\x1b[2J\x1b]0;t\x07",
    ),
    *("../../etc/passwd", "NCT00000000", "2026-02-30", "0000-00", "9999-12-31", "２０２６-０１", "NaN", "9" * 5000, "-1"),
    *("Inclusion Criteria:", "Exclusion Criteria: inclusion", "- * 1. (a) x", "RECRUITING", "ANTICIPATED", "\u2028", "İı", "𝟙"),
)
STRANGE_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    -0.0,
    1e308,
    [],
    {},
    [[]],
    {"": None},
    [None],
    [{}],
    {"a": [1]},
)
LEAVES = st.sampled_from(STRANGE_TEXTS) | st.sampled_from(STRANGE_VALUES).map(copy.deepcopy) | st.text(max_size=30)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4))

_STEPS = ("replace", "delete", "double", "wrap", "reverse", "rename", "swap")


@st.composite
def mutated(draw: st.DrawFn, base: Any, *, most: int = 4) -> Any:
    """A JSON value with up to ``most`` of its nodes changed."""
    root = {"": copy.deepcopy(base)}
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(root))
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        _change(draw, holder, key, places)
        if "" not in root:
            return None
    return root[""]


def _places(node: Any) -> Any:
    """Every (holder, key) in the value, outermost first."""
    for key, inner in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _change(draw: st.DrawFn, holder: Any, key: Any, places: list[Any]) -> None:
    match draw(st.sampled_from(_STEPS)):
        case "delete":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        case "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}, [holder[key]] * 2]))
        case "reverse" if isinstance(holder[key], list):
            holder[key].reverse()
        case "rename" if isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = holder.pop(key)
        case "swap":
            other, there = places[draw(st.integers(0, len(places) - 1))]
            holder[key] = copy.deepcopy(other[there])
        case _:
            holder[key] = draw(JSON)


@st.composite
def torn(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes with a stretch cut out, doubled or overwritten."""
    start = draw(st.integers(0, len(body)))
    end = min(len(body), start + draw(st.integers(0, 200) | st.integers(0, len(body))))
    filling = draw(
        st.binary(max_size=20) | st.sampled_from([b"", body[start:end] * 2, b"\xff\xfe", b"\xed\xa0\x80", b"[" * 500])
    )
    return body[:start] + filling + body[end:]


_TOKENS = re.compile(r"<[^>]*>|[^<>\n]+|[<>\n]")
_STRANGE_TOKENS = (
    *("<div>", "</div>", "<b>", "</p>", "<table>", "<!--", "-->", "<script>", "</script>", "<style>", "<h1>", "<pre>", "<li>"),
    *("<svg>", "<template>", "<iframe>", "<p style='white-space:pre'>", "<![CDATA[", "<meta charset=utf-16>", "&lt;", "&#0;"),
)


@st.composite
def shuffled_tokens(draw: st.DrawFn, text: str, *, most: int = 6) -> str:
    """A page or text with up to ``most`` of its tags and lines torn out, doubled, swapped or replaced."""
    tokens = _TOKENS.findall(text)
    for _ in range(draw(st.integers(1, most))):
        at, other = (draw(st.integers(0, max(0, len(tokens) - 1))) for _ in range(2))
        strange = draw(st.sampled_from(_STRANGE_TOKENS) | st.sampled_from(STRANGE_TEXTS) | st.text(max_size=20))
        match draw(st.sampled_from(["delete", "insert", "replace", "double", "swap", "cut"])):
            case "delete":
                del tokens[at : at + draw(st.integers(1, 30))]
            case "insert":
                tokens.insert(at, strange)
            case "replace" if tokens:
                tokens[at] = strange
            case "double":
                tokens[at:at] = tokens[other : other + draw(st.integers(1, 30))]
            case "swap" if tokens:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens = tokens[: max(at, 1)]
    return "".join(tokens)
