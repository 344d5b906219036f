"""How a request is made, apart from its address."""

from __future__ import annotations

import msgspec

from tracker.model.source import TlsChoice


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """Requests a second, the TLS profile, and what counts as an answer.

    ``climbs`` says that other profiles may be tried, ``guarded`` that the host's addresses must be public, ``page`` that
    a trial page is due, ``conditional`` that "not modified" is an answer.
    """

    pace: float
    tls: TlsChoice = "auto"
    climbs: bool = False
    guarded: bool = False
    page: bool = False
    conditional: bool = False
