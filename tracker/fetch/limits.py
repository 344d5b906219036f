"""How much the fetcher lets one answer cost."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps of one request. Sizes are in bytes, times in seconds.

    ``max_bytes`` bounds the body twice: as it comes over the wire and unpacked. ``read_timeout`` is the longest silence
    within an answer, ``total_timeout`` the longest a single try may take from connecting to the last byte.
    ``attempts`` counts the first try. ``longest_wait`` is the longest Retry-After that is waited for within a run, and
    the longest Crawl-delay that is kept to. ``circuit`` failed requests in a row end the asking of a host for the run.
    """

    max_bytes: int = 64 * MIB
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    total_timeout: float = 300.0
    attempts: int = 4
    longest_wait: float = 120.0
    redirects: int = 5
    circuit: int = 5
