"""Whole numbers as people and registries write them: ``1240``, ``1,240``, ``1.240``, ``1 240``, ``1’240``."""

from __future__ import annotations

import re

_GROUPED = re.compile(r"[1-9]\d{0,2}(?P<mark>[,.'’\u2019\u02bc\s\u00a0\u2009\u202f])\d{3}(?:(?P=mark)\d{3}){0,4}", re.ASCII)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
_PLAIN = re.compile(r"\d{1,18}", re.ASCII)


def whole_number(text: str) -> int | None:
    """The number that a text is; None for anything else. Thousands are grouped by one mark, always by three digits."""
    text = _SPACES.sub(" ", text.strip())
    if _PLAIN.fullmatch(text):
        return int(text)
    return int(re.sub(r"\D", "", text)) if _GROUPED.fullmatch(text) else None
