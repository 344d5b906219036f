"""ChiCTR, the Chinese Clinical Trial Registry, from the XML of a record that a person downloads."""

from __future__ import annotations

from tracker.extract.who_registry import WhoRegistry
from tracker.model.source import Example, Source, SourceInfo

STATUSES = {
    "Completed": "COMPLETED",
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
}
"""The words seen in its records; others are kept as they are until somebody knows what they mean."""


class ChiCtr(WhoRegistry):
    """See `tracker.model.source`."""

    statuses = STATUSES
    info = SourceInfo(
        key="chictr",
        title="ChiCTR",
        kind="registry",
        base_url="https://www.chictr.org.cn",
        hosts=("www.chictr.org.cn",),
        pace=0.2,
        from_files=True,
        download="On the page of a trial, the button for the XML document.",
        reads="ChiCTR records, saved as XML",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://www.chictr.org.cn/showproj.html?proj=…",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Chinese Clinical Trial Registry (ChiCTR)",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="recruiting.xml",
            trial="chictr:ChiCTR2090000011",
            expected={"recruitment_status": "RECRUITING", "first_posted.date": "2026-03-02", "start_date.date": "2026-04-10"},
        ),
        Example(
            fixture="completed.xml",
            trial="chictr:ChiCTR2090000012",
            expected={"recruitment_status": "COMPLETED", "enrollment.count": 80, "phases": ("PHASE4",)},
        ),
        Example(
            fixture="odd.xml",
            trial="chictr:ChiCTR2090000013",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Suspending"},
            lacks=frozenset({"first_posted"}),
        ),
    )


SOURCE: Source = ChiCtr()
