"""Guessing which known word somebody meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean "trials"?`` when a known word is close, else nothing."""
    from difflib import get_close_matches  # needed for wrong files only; start-up stays quick

    by_fold = {entry.casefold(): entry for entry in known}
    close = get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f'Did you mean "{by_fold[close[0]]}"?' if close else ""
