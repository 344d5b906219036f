"""CRIS, the Clinical Research Information Service of the Republic of Korea, from records that a person saves."""

from __future__ import annotations

from tracker.extract.file_registry import FileRegistry
from tracker.model.source import Example, Source, SourceInfo


class Cris(FileRegistry):
    """See `tracker.model.source`."""

    reading = "tracker.sources.cris.read"
    info = SourceInfo(
        key="cris",
        title="CRIS",
        kind="registry",
        base_url="https://cris.nih.go.kr",
        hosts=("cris.nih.go.kr",),
        pace=0.2,
        from_files=True,
        download="An answer of the open data interface for one trial (JSON), or its English page saved as HTML.",
        reads="CRIS records: answers of its open data interface, and English pages saved as HTML",
        access="JSON or HTML that you save, by `tracker import`",
        address="https://cris.nih.go.kr",
        anchors=("official_title", "recruitment_status", "lead_sponsor"),
        attribution="Clinical Research Information Service (CRIS), Republic of Korea",
        path_words={"enrollment": "target", "conditions": "hc_code", "interventions": "i_freetext"},
    )

    EXAMPLES = (
        Example(
            fixture="completed.json",
            trial="cris:KCT0090001",
            expected={
                "recruitment_status": "COMPLETED",
                "first_posted.date": "2091-07-18",
                "start_date.type": "ACTUAL",
                "eligibility.maximum_age": "50 Years",
                "masking": "NONE",
            },
        ),
        Example(
            fixture="page.html",
            trial="cris:KCT0090002",
            expected={
                "recruitment_status": "RECRUITING",
                "enrollment.count": 1062,
                "start_date.date": "2089-05-14",
                "phases": ("PHASE3",),
                "eligibility.minimum_age": "45 Years",
            },
        ),
        Example(
            fixture="odd.json",
            trial="cris:KCT0090003",
            expected={
                "recruitment_status": "OTHER",
                "recruitment_status_as_given": "쉬는 중",
                "official_title": "지어낸 연구",
                "phases": ("NA",),
            },
        ),
    )


SOURCE: Source = Cris()
