"""CTRI, the Clinical Trials Registry of India, from the page of a trial that a person saves."""

from __future__ import annotations

from tracker.extract.file_registry import FileRegistry
from tracker.model.source import Example, Source, SourceInfo


class Ctri(FileRegistry):
    """See `tracker.model.source`."""

    reading = "tracker.sources.ctri.read"
    info = SourceInfo(
        key="ctri",
        title="CTRI",
        kind="registry",
        base_url="https://ctri.nic.in",
        hosts=("ctri.nic.in",),
        pace=0.2,
        from_files=True,
        download="The page of a trial, saved as HTML or text.",
        reads="CTRI pages, saved as HTML or text",
        access="HTML or text that you save, by labels, by `tracker import`",
        address="https://ctri.nic.in/Clinicaltrials/pmaindet2.php?EncHid=…",
        anchors=("brief_title", "official_title", "recruitment_status", "first_posted"),
        attribution="Clinical Trials Registry - India (CTRI)",
        path_words={"secondary_ids": "Secondary if Any"},
    )

    EXAMPLES = (
        Example(
            fixture="whole.html",
            trial="ctri:CTRI/2091/03/900001",
            expected={
                "recruitment_status": "RECRUITING",
                "first_posted.date": "2091-03-12",
                "enrollment.count": 90,
                "phases": ("PHASE2", "PHASE3"),
                "lead_sponsor.name": "Hillside College of Medicine",
            },
        ),
        Example(
            fixture="opening.txt",
            trial="ctri:CTRI/2091/11/900002",
            expected={"recruitment_status": None, "last_update_posted.date": "2091-11-09", "study_type": "INTERVENTIONAL"},
            lacks=frozenset({"recruitment_status"}),
        ),
        Example(
            fixture="odd.txt",
            trial="ctri:CTRI/2091/05/900003",
            expected={
                "recruitment_status": "OTHER",
                "recruitment_status_as_given": "India: Completed; Global: Open to Recruitment",
                "study_type": None,
            },
        ),
    )


SOURCE: Source = Ctri()
