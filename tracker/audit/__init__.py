"""One trial's outcomes against an earlier version of its record: what became of each, when, and how much is known of it.

Pure: versions and a registry's index come in as values. No sponsor is named or ranked anywhere; counts are by stratum.
"""

from tracker.audit.baselines import Baseline, Held, Start, baseline, flags, numbered, starts, title
from tracker.audit.findings import FACETS, FOUND, Audited, Finding, Refusal, TrialAudit
from tracker.audit.judging import judged
from tracker.audit.sampling import drawn
from tracker.audit.strata import Stratum, Summary, summary
from tracker.audit.timing import timed

__all__ = [
    "FACETS",
    "FOUND",
    "Audited",
    "Baseline",
    "Finding",
    "Held",
    "Refusal",
    "Start",
    "Stratum",
    "Summary",
    "TrialAudit",
    "baseline",
    "drawn",
    "flags",
    "judged",
    "numbered",
    "starts",
    "summary",
    "timed",
    "title",
]
