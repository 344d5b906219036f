"""Results, publications and documents of a study, and its plan to share data."""

from __future__ import annotations

import re
from typing import Any

from tracker.extract.json_reader import JsonReader
from tracker.model.record import IpdSharing, Link, Reference, StudyDocument
from tracker.sources.drks import words

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_PUBMED = re.compile(r"pubmed[^\s]*?/(\d{5,9})\b")


def results(reader: JsonReader) -> Values:
    """Results are posted once the entry was published with results, or holds a summary, an article or a report of them."""
    part = reader.child("trialResults")
    if part is None:
        return {}
    posted = part.date("firstResultPublication")
    if first := part.day("firstPublication"):
        part.keep("firstPublication", first)
    references: list[Reference] = []
    documents: list[StudyDocument] = []
    links: list[Link] = []
    is_posted = posted is not None
    for publication in part.children("publications"):
        kind = publication.word("type", words.PUBLICATIONS)
        is_posted |= kind in words.RESULTS
        _publication(publication, kind, references, documents, links)
    plan, description = part.flag("ipdSharingPlan"), None
    if texts := part.child("trialResultsDescriptions"):
        description = texts.text("ipdSharingPlanDescription")
        summary = texts.peek("briefSummaryOfResultsDescription")
        is_posted |= isinstance(summary, str) and words.said(summary.strip() or None) is not None
        texts.close()
    _related(part)
    part.close()
    sharing = IpdSharing(plan=None if plan is None else "YES" if plan else "NO", description=description)
    return {
        "results_state": "POSTED" if is_posted else "NONE_POSTED",
        "results_first_posted": posted,
        "references": tuple(dict.fromkeys(references)) or None,
        "documents": tuple(dict.fromkeys(documents)) or None,
        "see_also_links": tuple(dict.fromkeys(links)) or None,
        "ipd_sharing": None if sharing == IpdSharing() else sharing,
    }


def _publication(
    publication: JsonReader,
    kind: str | None,
    references: list[Reference],
    documents: list[StudyDocument],
    links: list[Link],
) -> None:
    """One publication: an article to cite, or a document; an address of a document is a link of its own."""
    said, link = words.said(publication.text("description")), words.said(publication.text("link"))
    label, referred = words.PUBLICATIONS.get(kind or "", (kind or "Publication", None))
    filename = _document(publication, said or link or label)
    if referred and (said or link):
        pubmed = _PUBMED.search(link or "")
        citation = " ".join(filter(None, (said, link)))
        references.append(Reference(pmid=pubmed[1] if pubmed else None, type=referred, citation=citation))
    if filename or (not referred and said):
        shown = ": ".join(filter(None, (label, said)))
        documents.append(StudyDocument(type="PROTOCOL" if kind == "TRIALPROTOCOL" else "OTHER", filename=filename, label=shown))
    if link and not referred:
        links.append(Link(url=link, label=said or label))
    publication.close(said, link)


def _document(publication: JsonReader, name: str) -> str | None:
    """The name of a file; a hash of its content is kept, so that another file of the same name is seen."""
    document = publication.child("document")
    if document is None:
        return None
    filename = document.text("name")
    if file := document.child("file"):
        if content := file.text("base64Encoded"):
            document.keep("file", content, [filename or name])
        file.close(filename or name)
    document.close(filename or name)
    return filename


def _related(part: JsonReader) -> None:
    """Other studies that this one goes on from or into: they are kept, and are no numbers of this one."""
    for one in part.children("relatedDrksTrials"):
        number, description = one.text("drksId"), one.text("description")
        one.close(number)
        if number or description:
            one.keep("description", description or number, [number])
