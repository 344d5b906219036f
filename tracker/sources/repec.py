"""REPEC, the Peruvian Clinical Trials Registry, from the XML of a year that a person downloads."""

from __future__ import annotations

from tracker.extract.who_registry import WhoRegistry
from tracker.model.source import Example, Source, SourceInfo

STATUSES = {"Finished": "COMPLETED"}
"""The one word seen in its records; others are kept as they are until somebody knows what they mean."""


class Repec(WhoRegistry):
    """See `tracker.model.source`."""

    statuses = STATUSES
    info = SourceInfo(
        key="repec",
        title="REPEC",
        kind="registry",
        base_url="https://ensayosclinicos-repec.ins.gob.pe",
        hosts=("ensayosclinicos-repec.ins.gob.pe",),
        pace=0.2,
        from_files=True,
        download="The XML of a year, in the layout of WHO.",
        reads="REPEC records, saved as XML",
        access="XML of the WHO layout that you download, by `tracker import`",
        address="https://ensayosclinicos-repec.ins.gob.pe",
        anchors=("official_title", "recruitment_status", "first_posted"),
        attribution="Registro Peruano de Ensayos Clínicos (REPEC), Instituto Nacional de Salud",
        rest_titles={"main.study_design": "study design", "main.study_type": "study type", "main.target_size": "target size"},
    )

    EXAMPLES = (
        Example(
            fixture="year.xml",
            trial="repec:PER-901-95",
            expected={"recruitment_status": "COMPLETED", "first_posted.date": "1995-10-27", "start_date": None},
        ),
        Example(
            fixture="phase_two.xml",
            trial="repec:PER-902-96",
            expected={"recruitment_status": "COMPLETED", "phases": ("PHASE2",), "start_date.date": "1996-02-01"},
        ),
        Example(
            fixture="odd.xml",
            trial="repec:PER-903-97",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Anulado"},
            lacks=frozenset({"first_posted"}),
        ),
    )


SOURCE: Source = Repec()
