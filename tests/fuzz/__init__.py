"""Every parser against inputs that nobody writes: a valid value, or one of the documented errors, and never anything else.

The ordinary run is a short one. ``make fuzz`` (``TRACKER_FUZZ=50``) takes so many times the examples, new ones each time;
an example that fails is kept in ``.hypothesis`` and tried first by the next run.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("TRACKER_FUZZ") or 0)


def fuzzed(examples: int) -> settings:
    """Run a test with so many examples, or by ``TRACKER_FUZZ`` a multiple of them."""
    if not _TIMES:
        return settings(max_examples=examples)
    return settings(max_examples=examples * _TIMES, derandomize=False, suppress_health_check=list(HealthCheck))
