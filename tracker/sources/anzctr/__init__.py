"""ANZCTR, the Australian New Zealand Clinical Trials Registry, from records and pages that a person saves."""

from __future__ import annotations

from tracker.extract.file_registry import FileRegistry
from tracker.model.source import Example, Source, SourceInfo


class Anzctr(FileRegistry):
    """See `tracker.model.source`."""

    reading = "tracker.sources.anzctr.read"
    info = SourceInfo(
        key="anzctr",
        title="ANZCTR",
        kind="registry",
        base_url="https://www.anzctr.org.au",
        hosts=("www.anzctr.org.au",),
        pace=0.2,
        from_files=True,
        download="Of a search, the button for all results as XML (a zip file); or the page of a trial, saved as HTML or text.",
        reads="ANZCTR records in its XML or the same as JSON, pages saved as HTML or text, rows of a table made of the XML",
        access="XML, JSON, CSV, HTML or text that you save, by `tracker import`",
        address="https://www.anzctr.org.au/ACTRN….aspx",
        anchors=("recruitment_status", "first_posted"),
        attribution="Australian New Zealand Clinical Trials Registry (ANZCTR)",
        path_words={"secondary_ids": "secondary id"},
    )

    EXAMPLES = (
        Example(
            fixture="recruiting.xml",
            trial="anzctr:ACTRN12690000000001",
            expected={
                "recruitment_status": "RECRUITING",
                "first_posted.date": "2090-08-09",
                "start_date.date": "2090-09-01",
                "start_date.type": "ESTIMATED",
                "eligibility.minimum_age": "10 Years",
            },
        ),
        Example(
            fixture="stopped.json",
            trial="anzctr:ACTRN12690000000002",
            expected={"recruitment_status": "TERMINATED", "enrollment.count": 41, "enrollment.type": "ACTUAL"},
        ),
        Example(
            fixture="row.csv",
            trial="anzctr:ACTRN12690000000003",
            expected={"recruitment_status": "ACTIVE_NOT_RECRUITING", "phases": ("PHASE1", "PHASE2"), "brief_title": None},
        ),
        Example(
            fixture="opening.txt",
            trial="anzctr:ACTRN12690000000004",
            expected={
                "first_posted.date": "2090-06-26",
                "conditions": ("Restless ears",),
                "study_type": "INTERVENTIONAL",
                "secondary_ids": None,
            },
            lacks=frozenset({"recruitment_status"}),
        ),
        Example(
            fixture="odd.xml",
            trial="anzctr:ACTRN12690000000005",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Resting", "study_type": None},
        ),
    )


SOURCE: Source = Anzctr()
