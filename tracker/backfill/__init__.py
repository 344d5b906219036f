"""The past of trials by their registry's own history: the index of versions first, then the records that are asked for.

One request a trial tells when each version was submitted, its status and what it touched. Records go in as further versions of
the trial; what is the present does not move, and nobody is alerted. What was read is kept as it comes: a backfill that was
killed goes on there. See `plan` for what is wanted, `files` for versions that somebody fetched otherwise.
"""

from __future__ import annotations

from tracker.backfill.plan import MOST, VERSIONS, Versions, how_long
from tracker.backfill.work import Asked, Backfilled, Backfilling, Told, tell_nobody

__all__ = ["MOST", "VERSIONS", "Asked", "Backfilled", "Backfilling", "Told", "Versions", "how_long", "tell_nobody"]
