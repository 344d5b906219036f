"""What came of a study: publications, documents and links, from the list of outputs and from the older texts."""

from __future__ import annotations

import re
from typing import Any

from tracker.extract.read_log import ReadLog
from tracker.extract.xml_reader import XmlReader
from tracker.model.dates import RegistryDate
from tracker.model.record import Link, Reference, StudyDocument
from tracker.sources.isrctn import words
from tracker.sources.isrctn.days import day_of

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_PUBMED = re.compile(r"https?://(?:www\.ncbi\.nlm\.nih\.gov/pubmed|pubmed\.ncbi\.nlm\.nih\.gov)/(\d{1,9})", re.ASCII)


def outputs(trial: XmlReader, log: ReadLog, made: Values) -> Values:
    """Publications, documents and links; results are posted once one of the outputs is one.

    ``made`` holds the study's website, its older text of publications and the state of its results.
    """
    found = _Found(log)
    if listed := trial.child("outputs"):
        for one in listed.children("output"):
            found.take(one)
        listed.close()
    if files := trial.child("attachedFiles"):
        for file in files.children("attachedFile"):
            found.take_file(file)
        files.close()
    found.read_publications(made.pop("publications"))
    if website := made.pop("website", None):
        found.links.setdefault(website, Link(url=website, label="Study website"))
    posted = made.get("results_state") == "POSTED" or found.has_results
    return {
        "results_state": "POSTED" if posted else made.get("results_state"),
        "results_first_posted": min(found.posted, key=lambda date: date.date) if found.posted else None,
        "references": tuple(found.references.values()) or None,
        "documents": tuple(found.documents.values()) or None,
        "see_also_links": tuple(found.links.values()) or None,
    }


class _Found:
    """What was gathered, each by the address or the file that it is known by."""

    def __init__(self, log: ReadLog) -> None:
        self.log = log
        self.references: dict[str, Reference] = {}
        self.documents: dict[str, StudyDocument] = {}
        self.links: dict[str, Link] = {}
        self.posted: list[RegistryDate] = []
        self.has_results = False

    def take(self, output: XmlReader) -> None:
        """One output of the list: a file of the registry, or a link."""
        kind = output.word("@outputType", words.OUTPUTS) or ""
        output.word("@artefactType", ("LocalFile", "ExternalLink"))
        uploaded, created = day_of(output, "@dateUploaded", self.log), day_of(output, "@dateCreated", self.log)
        description = output.text("description")
        label = ": ".join(filter(None, (words.OUTPUTS.get(kind, kind), description)))
        self.has_results |= kind in words.RESULTS_OUTPUTS
        if kind == "basicresults" and uploaded:
            self.posted.append(uploaded)
        if file := output.child("localFile"):
            self._add_file(file, kind, label, uploaded)
        url = None
        if link := output.child("externalLink"):
            url = words.said(link.text("@url"))
            link.close(label)
        if url:
            self._add_link(url, kind, label, created)
        output.close(label, url)

    def take_file(self, file: XmlReader) -> None:
        """A file of the older list, where the list of outputs does not name it."""
        number, name, label = file.text("id"), words.said(file.text("name")), file.text("description")
        size = file.count("length")
        file.close(name)
        if name and number not in self.documents:
            self.documents[number or name] = StudyDocument(type="OTHER", filename=name, label=label, size=size)

    def read_publications(self, text: str) -> None:
        """The older text: a publication in each line. Those that the list of outputs names are left out."""
        for line in text.split("\n"):
            addresses = _ADDRESS.findall(line)
            keys = [key for address in addresses if (key := _key(address))]
            if not line or (keys and all(key in self.references for key in keys)):
                continue
            kind = "RESULT" if "result" in line.lower() else "BACKGROUND"
            pubmed = _PUBMED.search(line)
            self.references[keys[0] if keys else line] = Reference(pmid=pubmed[1] if pubmed else None, type=kind, citation=line)

    def _add_file(self, file: XmlReader, kind: str, label: str, uploaded: RegistryDate | None) -> None:
        number, name = file.text("@fileId"), file.text("@downloadFilename")
        version, size = words.said(file.text("@version")), file.count("@length")
        file.close(name)
        shown = f"{label} (version {version})" if version else label
        self.documents[number or name or label] = StudyDocument(
            type=words.DOCUMENTS.get(kind, "OTHER"),
            date=uploaded.date if uploaded else None,
            filename=name,
            label=shown,
            size=size,
        )

    def _add_link(self, url: str, kind: str, label: str, created: RegistryDate | None) -> None:
        if kind not in words.PUBLICATIONS:
            self.links[url] = Link(url=url, label=label or None)
            return
        pubmed = _PUBMED.search(url)
        citation = " ".join(filter(None, (label, f"({created.date})" if created else None, url)))
        self.references[_key(url)] = Reference(
            pmid=pubmed[1] if pubmed else None, type=words.PUBLICATIONS[kind], citation=citation
        )


def _key(address: str) -> str:
    """What a publication is known by: its number at PubMed, or its address."""
    pubmed = _PUBMED.search(address)
    return pubmed[1] if pubmed else address.rstrip(").,;/").removeprefix("https://").removeprefix("http://")
