"""TCTR, the Thai Clinical Trials Registry, from a record in the layout of WHO, as XML or as JSON."""

from __future__ import annotations

from tracker.extract.who_registry import WhoRegistry
from tracker.model.source import Example, Source, SourceInfo

STATUSES = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "Completed": "COMPLETED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
}
"""The registry writes ClinicalTrials.gov's words."""


class Tctr(WhoRegistry):
    """See `tracker.model.source`."""

    statuses = STATUSES
    info = SourceInfo(
        key="tctr",
        title="TCTR",
        kind="registry",
        base_url="https://www.thaiclinicaltrials.org",
        hosts=("www.thaiclinicaltrials.org",),
        pace=0.2,
        from_files=True,
        download="A record in the layout of WHO.",
        reads="TCTR records, saved as XML or JSON",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://www.thaiclinicaltrials.org/show/NUMBER",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Thai Clinical Trials Registry (TCTR)",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="active.json",
            trial="tctr:TCTR20900000011",
            expected={"recruitment_status": "ACTIVE_NOT_RECRUITING", "start_date.type": "ESTIMATED", "enrollment.count": 70},
        ),
        Example(
            fixture="terminated.xml",
            trial="tctr:TCTR20900000012",
            expected={"recruitment_status": "TERMINATED", "start_date.type": "ACTUAL"},
        ),
        Example(
            fixture="odd.xml",
            trial="tctr:TCTR20900000013",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Paused"},
            lacks=frozenset({"first_posted"}),
        ),
    )


SOURCE: Source = Tctr()
