"""What is dear to make is made once for many who ask at the same time, and forgotten in its turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracker.web.kept import Kept


def test_many_who_ask_at_once_wait_for_one_making() -> None:
    kept, made, begun = Kept[int](most=5), list[int](), threading.Barrier(8)

    def ask() -> int:
        begun.wait(60)
        return kept.get(("key",), lambda: made.append(1) or 7)

    with ThreadPoolExecutor(8) as pool:
        assert [one.result(60) for one in [pool.submit(ask) for _ in range(8)]] == [7] * 8
    assert len(made) == 1


def test_the_one_asked_for_longest_ago_is_forgotten() -> None:
    kept, made = Kept[str](most=2), list[str]()
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get((key,), lambda key=key: made.append(key) or key)  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_what_does_not_fit_and_what_fails_is_not_kept() -> None:
    kept, made = Kept[str](most=2, fits=lambda item: len(item) < 3), list[str]()
    for _ in range(2):
        assert kept.get(("long",), lambda: made.append("long") or "long") == "long"
    assert len(made) == 2
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept.get(("fails",), lambda: str(1 // 0))
    assert kept.get(("fails",), lambda: "ok") == "ok"


def test_what_is_weighed_is_kept_up_to_a_weight_whatever_its_number() -> None:
    kept = Kept[bytes](most=10, weigh=len)
    for number in range(5):
        kept.get((number,), lambda: b"1")
    assert all((number,) in kept for number in range(5))
    kept.get(("long",), lambda: b"12345678")
    assert [number for number in range(5) if (number,) in kept] == [3, 4]
    kept.get(("longer",), lambda: b"1234567890")
    assert ("longer",) in kept
    assert ("long",) not in kept
