"""UMIN-CTR, the registry of the University Hospital Medical Information Network in Japan, from saved pages of trials."""

from __future__ import annotations

from tracker.extract.file_registry import FileRegistry
from tracker.model.source import Example, Source, SourceInfo


class Umin(FileRegistry):
    """See `tracker.model.source`."""

    reading = "tracker.sources.umin.read"
    info = SourceInfo(
        key="umin",
        title="UMIN-CTR",
        kind="registry",
        base_url="https://center6.umin.ac.jp",
        hosts=("center6.umin.ac.jp",),
        pace=0.2,
        from_files=True,
        download="The English page of a trial, saved as HTML or text.",
        reads="UMIN-CTR pages, saved as HTML or text, or as their labels and values in JSON",
        access="HTML, text or JSON that you save, by labels, by `tracker import`",
        address="https://center6.umin.ac.jp/cgi-open-bin/ctr_e/ctr_view.cgi?recptno=R…",
        anchors=("brief_title", "official_title", "recruitment_status", "first_posted"),
        attribution="UMIN Clinical Trials Registry (UMIN-CTR)",
        path_words={
            "secondary_ids": "study id",
            "results_first_posted": "results date posted",
            "lead_sponsor": "sponsor institute",
            "conditions": "condition",
            "allocation": "randomization",
            "intervention_model": "basic design",
            "masking": "blinding",
            "interventions": "interventions control",
        },
    )

    EXAMPLES = (
        Example(
            fixture="whole.json",
            trial="umin:UMIN000900001",
            expected={
                "recruitment_status": "COMPLETED",
                "start_date.date": "2090-06-07",
                "start_date.type": "ESTIMATED",
                "last_update_posted.date": "2091-12-26",
                "enrollment.count": 260,
                "eligibility.minimum_age": "20 Years",
            },
        ),
        Example(
            fixture="opening.txt",
            trial="umin:UMIN000900002",
            expected={"recruitment_status": "NOT_YET_RECRUITING", "conditions": ("Thirst after long walks",)},
        ),
        Example(
            fixture="opening_newer.txt",
            trial="umin:UMIN000900003",
            expected={"recruitment_status": None, "conditions": ("hay fever",), "study_type": "INTERVENTIONAL"},
            lacks=frozenset({"recruitment_status"}),
        ),
        Example(
            fixture="odd.html",
            trial="umin:UMIN000900004",
            expected={
                "recruitment_status": "OTHER",
                "recruitment_status_as_given": "Waiting for the rain",
                "start_date": None,
                "intervention_model": None,
            },
        ),
    )


SOURCE: Source = Umin()
