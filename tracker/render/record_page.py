"""A record as people read it: status first, then who can join, where, outcomes, results, and what else it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tracker.model.ids import split_key
from tracker.model.record import CountryStatus, OutcomeMeasure, Reference, Site, TrialRecord
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
    "page_date",
)
DESIGN_FIELDS = (
    "study_type",
    "phases",
    "allocation",
    "intervention_model",
    "intervention_model_description",
    "primary_purpose",
    "masking",
    "masking_description",
    "who_masked",
    "observational_model",
    "time_perspective",
)

SUBMISSIONS = {"RELEASE": "Submitted", "RESET": "Returned by the registry", "UNRELEASE": "Cancelled"}
"""Steps of the registry's quality control of results, in words."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a field, and the address that it leads to, if any."""

    text: str
    link: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a record in words; ``listed``: its lines are entries of a list. ``note`` counts what is in it."""

    title: str
    entries: tuple[Entry, ...]
    listed: bool = False
    note: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that are read together. ``key`` is the section's name in addresses; ``note`` counts what is in it."""

    key: str
    title: str
    fields: tuple[Field, ...]
    note: str = ""


def sections(record: TrialRecord, source: SourceInfo) -> tuple[Section, ...]:
    """All of a record that everybody may read, without empty fields and sections; contact persons are never in it."""
    shown = public_record(record)
    every = (
        ("status", "Status", _status(shown)),
        ("joining", "Who can join", _joining(shown)),
        ("places", "Where", _places(shown)),
        ("outcomes", "Outcome measures", _outcomes(shown)),
        ("results", "Results", _results(shown, source)),
        ("arms", "Arms and interventions", _arms(shown)),
        ("about", "About the study", _about(shown)),
        ("design", "Design", _facts(shown, DESIGN_FIELDS)),
        ("people", "Sponsors", _sponsors(shown)),
        ("numbers", "Names and numbers", _numbers(shown)),
        ("links", "Publications and links", _links(shown)),
        ("oversight", "Oversight and data sharing", _oversight(shown)),
        ("rest", "What else the registry says", _rest(shown)),
    )
    notes = {"places": plural(len(shown.sites), "site")} if shown.sites else {}
    found = ((key, title, tuple(field for field in fields if field.entries)) for key, title, fields in every)
    return tuple(
        Section(key=key, title=title, fields=fields, note=notes.get(key, "")) for key, title, fields in found if fields
    )


def _texts(title: str, lines: Iterable[str | None], *, listed: bool = True, note: str = "") -> Field:
    cleaned = (one_line(line) for line in lines if line)
    return Field(title=title, entries=tuple(Entry(line) for line in cleaned if line), listed=listed, note=note)


def _answer(title: str, given: bool | None) -> Field:
    return _texts(title, [None if given is None else values.yes_or_no(given)], listed=False)


def _status(record: TrialRecord) -> Iterator[Field]:
    yield from _facts(record, STATUS_FIELDS)
    given = record.recruitment_status_as_given
    if given and given.casefold() != vocabulary.status(record.recruitment_status or "").casefold():
        yield _texts("Status in the registry's own words", [given], listed=False)


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
    yield _answer("Healthy volunteers", given.healthy_volunteers)
    yield _answer("Chosen by gender", given.gender_based)
    yield _texts("Gender", [given.gender_description], listed=False)
    yield _texts("Study population", [given.study_population], listed=False)
    yield _texts("Sampling", [_word(given.sampling_method)], listed=False)
    if given.criteria:
        yield _texts("Inclusion", given.criteria.inclusion)
        yield _texts("Exclusion", given.criteria.exclusion)
        yield _texts("Criteria", given.criteria.other)


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
        yield _texts(one_line(country), sorted(_site(site) for site in sites), note=", ".join(parts))
    yield _texts("Countries", bare)
    yield _texts("Status by country", [f"{one.country}: {_country_status(one)}" for one in record.country_status or ()])


def _country_status(one: CountryStatus) -> str:
    status = vocabulary.status(one.status) if one.status else ""
    given = one.as_given if one.as_given and one.as_given.casefold() != status.casefold() else ""
    return f"{status} ({given})" if status and given else status or given or "not stated"


def _site(site: Site) -> str:
    region = " ".join(part for part in (site.state, site.zip) if part)
    where = ", ".join(part for part in (site.city, site.facility, region) if part) or "Place not stated"
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
    yield _answer("Results waived", record.results_waived)
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
    yield from _duties(record)


def _duties(record: TrialRecord) -> Iterator[Field]:
    """What was sent in, returned and warned of on the way to results; posted parts by the beginning of their digest."""
    sent = record.results_submissions or ()
    yield _texts("Results sent in", [_dated(SUBMISSIONS.get(one.type) or _word(one.type), one.date) for one in sent])
    posted = msgspec.to_builtins(record.results_digests) if record.results_digests else {}
    parts = [f"{vocabulary.field_title(part)} ({digest[:12]})" for part, digest in posted.items() if digest]
    yield _texts("Posted parts", parts)
    noticed = record.compliance_notices or ()
    dates = [", ".join(f"{vocabulary.field_word(name)} {day}" for name, day in one.dates.items()) for one in noticed]
    told = zip(noticed, dates, strict=True)
    yield _texts("Notices of the registry", [_dated(_word(one.type), one.description, days) for one, days in told])
    events = record.regulatory_events or ()
    words = [_dated(vocabulary.regulatory_words(one.type), one.date, one.country) for one in events]
    yield _texts("Applications, notices and safety", words)


def _word(given: str | None) -> str:
    return vocabulary.first_capital(vocabulary.enumerated(given)) if given else ""


def _dated(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _arms(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Arms", [_named(arm.label, arm.type, arm.description, arm.interventions) for arm in record.arms or ()])
    given = record.interventions or ()
    yield _texts("Interventions", [_named(one.name, one.type, one.description, one.other_names, "also ") for one in given])


def _named(name: str, kind: str | None, description: str | None, more: Sequence[str] | None, lead: str = "") -> str:
    about = "; ".join(part for part in (vocabulary.enumerated(kind or ""), lead + ", ".join(more) if more else "") if part)
    return f"{name}{f' ({about})' if about else ''}" + (f": {description}" if description else "")


def _about(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Conditions", record.conditions or ())
    yield _texts("Keywords", record.keywords or ())
    yield _texts("Summary", (record.brief_summary or "").split("\n"), listed=False)
    yield _texts("Description", (record.detailed_description or "").split("\n"), listed=False)


def _sponsors(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Lead sponsor", [record.lead_sponsor.name if record.lead_sponsor else None], listed=False)
    yield _texts("Collaborators", [one.name for one in record.collaborators or ()])
    yield _texts("Funders", [one.name for one in record.funders or ()])
    yield _texts("Organization", [record.organization.name if record.organization else None], listed=False)
    party = record.responsible_party
    yield _texts("Responsible party", [_dated(_word(party.type), party.affiliation) if party else None], listed=False)


def _numbers(record: TrialRecord) -> Iterator[Field]:
    yield _texts("Brief title", [record.brief_title], listed=False)
    yield _texts("Official title", [record.official_title], listed=False)
    yield _texts("Acronym", [record.acronym], listed=False)
    yield _texts("Number at ClinicalTrials.gov", [record.nct_number], listed=False)
    yield _texts("Other numbers", [values.quoted(msgspec.to_builtins(one)) for one in record.secondary_ids or ()])
    yield _texts("Former numbers", record.aliases or ())


def _links(record: TrialRecord) -> Iterator[Field]:
    papers = [(_paper(one), one.pmid) for one in record.references or ()]
    addresses = [f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid and pmid.isdecimal() else "" for _, pmid in papers]
    entries = [Entry(one_line(text), link) for (text, _), link in zip(papers, addresses, strict=True)]
    yield Field(title="Publications", entries=tuple(entries), listed=True)
    others = [Entry(one_line(link.label or link.url), web_link(link.url)) for link in record.see_also_links or ()]
    yield Field(title="Links", entries=tuple(others), listed=True)


def _paper(one: Reference) -> str:
    about = "; ".join(part for part in (vocabulary.enumerated(one.type or ""), "retracted" if one.retractions else "") if part)
    return f"{one.citation or f'PubMed {one.pmid}'}{f' ({about})' if about else ''}"


def _oversight(record: TrialRecord) -> Iterator[Field]:
    if watched := record.oversight:
        yield _answer("Monitoring committee", watched.dmc)
        yield _answer("Drug regulated by the FDA", watched.fda_drug)
        yield _answer("Device regulated by the FDA", watched.fda_device)
        yield _answer("Unapproved device", watched.unapproved_device)
        yield _answer("Exported from the US", watched.us_export)
    if shared := record.ipd_sharing:
        yield _texts("Plan to share participants' data", [_word(shared.plan), shared.description], listed=False)
        yield _texts("What is shared", [_word(kind) for kind in shared.info_types or ()])
        yield _texts("Shared when", [shared.time_frame], listed=False)
        yield _texts("Shared with whom", [shared.access_criteria], listed=False)
        link = web_link(shared.url or "")
        yield Field(title="Shared where", entries=(Entry(one_line(shared.url), link),) if shared.url else ())


def _rest(record: TrialRecord) -> Iterator[Field]:
    """What is kept and compared of the record although no field here is made for it, by the registry's own names."""
    for path, given in sorted(record.rest.items()):
        yield _texts(one_line(path.rsplit("Module.", 1)[-1]), [values.quoted(given)], listed=False)
