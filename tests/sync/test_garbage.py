"""Looking for garbage is rare while a pass runs, and as it was afterwards."""

from __future__ import annotations

import gc
import weakref

from tracker.sync.garbage import YOUNG, rarely_collected


class _Ring:
    def __init__(self) -> None:
        self.own = self


def test_what_was_there_before_a_pass_is_looked_at_again_afterwards() -> None:
    ring = _Ring()
    alive = weakref.ref(ring)
    usual = gc.get_threshold()
    with rarely_collected():
        del ring
        assert gc.get_threshold()[0] == YOUNG
        gc.collect()
        assert alive() is not None
    assert gc.get_threshold() == usual
    gc.collect()
    assert alive() is None


def test_cycles_that_a_pass_makes_are_freed_within_it() -> None:
    with rarely_collected():
        rings = [weakref.ref(_Ring()) for _ in range(2 * YOUNG)]
        assert sum(ring() is not None for ring in rings) < len(rings)


def test_a_failing_pass_leaves_the_collector_as_it_was() -> None:
    usual = gc.get_threshold()
    try:
        with rarely_collected():
            raise KeyError
    except KeyError:
        pass
    assert gc.get_threshold() == usual
