"""What is known of a trial now, beside its record."""

from __future__ import annotations

import msgspec


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a trial nearest to a watch's place. ``km`` is the distance; the status is that place's own."""

    place: str
    km: float
    recruitment_status: str | None = None
