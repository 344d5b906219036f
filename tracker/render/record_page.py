"""A record as people read it: status first, then who can join, where, outcomes, results, and what else it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tracker.model.ids import split_key
from tracker.model.record import OutcomeMeasure, Site, TrialRecord
from tracker.model.source import SourceInfo
from tracker.render import values, vocabulary
from tracker.render.privacy import public_record
from tracker.render.safe_text import one_line, plural, web_link

STATUS_FIELDS = (
    "recruitment_status",
    "why_stopped",
    "last_known_status",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "enrollment",
    "first_posted",
    "last_update_posted",
    "verified_on",
)
DESIGN_FIELDS = (
    "study_type",
    "phases",
    "allocation",
    "intervention_model",
    "primary_purpose",
    "masking",
    "who_masked",
    "observational_model",
    "time_perspective",
)


class Entry(msgspec.Struct, frozen=True):
    """One line of a field, and the address that it leads to, if any."""

    text: str
    link: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a record in words; ``listed``: its lines are entries of a list."""

    title: str
    entries: tuple[Entry, ...]
    listed: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that are read together. ``key`` is the section's name in addresses."""

    key: str
    title: str
    fields: tuple[Field, ...]


def sections(record: TrialRecord, source: SourceInfo) -> tuple[Section, ...]:
    """All of a record that everybody may read, without empty fields and sections; contact persons are never in it."""
    shown = public_record(record)
    every = (
        ("status", "Status", _facts(shown, STATUS_FIELDS)),
        ("joining", "Who can join", _joining(shown)),
        ("places", _places_title(shown), _places(shown)),
        ("outcomes", "Outcome measures", _outcomes(shown)),
        ("results", "Results", _results(shown, source)),
        ("arms", "Arms and interventions", _arms(shown)),
        ("about", "About the study", _about(shown)),
        ("design", "Design", _facts(shown, DESIGN_FIELDS)),
        ("people", "Sponsors", _sponsors(shown)),
        ("numbers", "Names and numbers", _numbers(shown)),
        ("links", "Publications and links", _links(shown)),
    )
    found = ((key, title, tuple(field for field in fields if field.entries)) for key, title, fields in every)
    return tuple(Section(key=key, title=title, fields=fields) for key, title, fields in found if fields)


def _texts(title: str, lines: Iterable[str | None], *, listed: bool = True) -> Field:
    cleaned = (one_line(line) for line in lines if line)
    return Field(title=title, entries=tuple(Entry(line) for line in cleaned if line), listed=listed)


def _facts(record: TrialRecord, names: Sequence[str]) -> Iterator[Field]:
    for name in names:
        shown = values.short(name, msgspec.to_builtins(getattr(record, name)))
        yield _texts(vocabulary.field_title(name), [shown], listed=False)


def _joining(record: TrialRecord) -> Iterator[Field]:
    given = record.eligibility
    if given is None:
        return
    ages = [f"from {given.minimum_age}" if given.minimum_age else "", f"to {given.maximum_age}" if given.maximum_age else ""]
    yield _texts("Age", [" ".join(age for age in ages if age)], listed=False)
    yield _texts("Sex", [values.short("sex", given.sex)], listed=False)
    healthy = None if given.healthy_volunteers is None else values.yes_or_no(given.healthy_volunteers)
    yield _texts("Healthy volunteers", [healthy], listed=False)
    yield _texts("Gender", [given.gender_description], listed=False)
    yield _texts("Study population", [given.study_population], listed=False)
    if given.criteria:
        yield _texts("Inclusion", given.criteria.inclusion)
        yield _texts("Exclusion", given.criteria.exclusion)
        yield _texts("Criteria", given.criteria.other)


def _places_title(record: TrialRecord) -> str:
    return f"Where ({plural(len(record.sites), 'site')})" if record.sites else "Where"


def _places(record: TrialRecord) -> Iterator[Field]:
    """The sites of each country with their status; a country without sites by its name alone."""
    by_country: dict[str, list[Site]] = {country: [] for country in record.countries or ()}
    for site in record.sites or ():
        by_country.setdefault(site.country or "Country not stated", []).append(site)
    bare = [country for country, sites in by_country.items() if not sites]
    for country in sorted(country for country, sites in by_country.items() if sites):
        sites = by_country[country]
        counted = Counter(vocabulary.status(site.recruitment_status) for site in sites if site.recruitment_status)
        parts = [plural(len(sites), "site"), *(f"{count:,} {status.lower()}" for status, count in counted.most_common())]
        yield _texts(f"{one_line(country)}: {', '.join(parts)}", sorted(_site(site) for site in sites))
    yield _texts("Countries", bare)
    named = ((status.country, status.status) for status in record.country_status or ())
    yield _texts("Status by country", [f"{country}: {vocabulary.status(status)}" for country, status in named])


def _site(site: Site) -> str:
    where = ", ".join(part for part in (site.city, site.facility, site.state) if part) or "Place not stated"
    return f"{where} ({vocabulary.status(site.recruitment_status).lower()})" if site.recruitment_status else where


def _outcomes(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Primary", map(_outcome, record.primary_outcomes or ()))
    yield _texts("Secondary", map(_outcome, record.secondary_outcomes or ()))
    yield _texts("Other", map(_outcome, record.other_outcomes or ()))


def _outcome(outcome: OutcomeMeasure) -> str:
    frame = f" [{outcome.time_frame}]" if outcome.time_frame else ""
    return f"{outcome.measure}{frame}" + (f": {outcome.description}" if outcome.description else "")


def _results(record: TrialRecord, source: SourceInfo) -> Iterator[Field]:
    yield from _facts(record, ("results_state", "results_first_posted", "delay_certified_on"))
    number = split_key(record.trial).number
    if source.results_page and record.results_state == "POSTED":
        link = web_link(source.results_page.format(number=number))
        yield Field(title="Posted results", entries=(Entry(f"Results on {source.title}", link),))
    documents = []
    for document in record.documents or ():
        dated = f", {document.date}" if document.date else ""
        address = ""
        if source.document_page and document.filename:
            address = source.document_page.format(number=number, ending=number[-2:], filename=document.filename)
        documents.append(Entry(one_line(f"{document.label or document.type}{dated}"), web_link(address)))
    yield Field(title="Documents", entries=tuple(documents), listed=True)


def _arms(record: TrialRecord) -> Iterator[Field]:
    arms = [(arm.label, vocabulary.enumerated(arm.type or ""), arm.description) for arm in record.arms or ()]
    yield _texts("Arms", [_named(*arm) for arm in arms])
    given = [(one.name, vocabulary.enumerated(one.type or ""), one.description) for one in record.interventions or ()]
    yield _texts("Interventions", [_named(*one) for one in given])


def _named(name: str, kind: str, description: str | None) -> str:
    return f"{name}{f' ({kind})' if kind else ''}" + (f": {description}" if description else "")


def _about(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Conditions", record.conditions or ())
    yield _texts("Keywords", record.keywords or ())
    yield _texts("Summary", (record.brief_summary or "").split("\n"), listed=False)
    yield _texts("Description", (record.detailed_description or "").split("\n"), listed=False)


def _sponsors(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Lead sponsor", [record.lead_sponsor.name if record.lead_sponsor else None], listed=False)
    yield _texts("Collaborators", [one.name for one in record.collaborators or ()])
    yield _texts("Funders", [one.name for one in record.funders or ()])


def _numbers(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Brief title", [record.brief_title], listed=False)
    yield _texts("Official title", [record.official_title], listed=False)
    yield _texts("Acronym", [record.acronym], listed=False)
    yield _texts("Number at ClinicalTrials.gov", [record.nct_number], listed=False)
    yield _texts("Other numbers", [values.quoted(msgspec.to_builtins(one)) for one in record.secondary_ids or ()])
    yield _texts("Former numbers", record.aliases or ())


def _links(record: TrialRecord) -> Iterator[Field]:
    papers = [(one.citation or f"PubMed {one.pmid}", one.pmid) for one in record.references or ()]
    addresses = [f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid and pmid.isdecimal() else "" for _, pmid in papers]
    entries = [Entry(one_line(text), link) for (text, _), link in zip(papers, addresses, strict=True)]
    yield Field(title="Publications", entries=tuple(entries), listed=True)
    others = [Entry(one_line(link.label or link.url), web_link(link.url)) for link in record.see_also_links or ()]
    yield Field(title="Links", entries=tuple(others), listed=True)
