"""Who runs and pays for the trial, and that contact persons changed. Persons are never named."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.model.details import ContactsDetails, Edit, NamesEdit, SponsorsDetails
from tracker.model.event import Event
from tracker.render.inline_diff import difference
from tracker.render.kinds.kind_words import fields_changed, kind_words, silent
from tracker.render.phrases import listed, quote
from tracker.render.safe_text import plural
from tracker.render.values import NOT_STATED


def _sponsors_headline(event: Event, details: SponsorsDetails) -> str:
    parts = []
    if lead := details.lead:
        new, old = quote(lead.new, 60) or NOT_STATED, quote(lead.old, 60) or NOT_STATED
        if event.severity == "major":
            parts.append(f"Lead sponsor now {new} (was {old})")
        elif lead.old != lead.new:
            parts.append(f"Lead sponsor now spelled {new} (was {old})")
        else:
            parts.append(f"Class of the lead sponsor {new} changed")
    if details.organization and not _said(details.organization, details.lead):
        parts.append(_organization(details.organization))
    if details.collaborators:
        parts += _names("Collaborator", details.collaborators)
    if details.funders and not parts:
        parts += _names("Funder", details.funders)
    return "; ".join(parts) or fields_changed(event)


def _said(edit: Edit[str | None], other: Edit[str | None] | None) -> bool:
    """Whether another edit names the same two: a sponsor that keeps its own record is renamed once."""
    return other is not None and (edit.old, edit.new) == (other.old, other.new)


def _organization(edit: Edit[str | None]) -> str:
    new, old = quote(edit.new, 60) or NOT_STATED, quote(edit.old, 60) or NOT_STATED
    return f"Organization now {new} (was {old})" if edit.old != edit.new else f"Class of the organization {new} changed"


def _names(what: str, edit: NamesEdit) -> Iterator[str]:
    """Organisations of a list: who came, who went, who is spelled otherwise."""
    for names, effect in (
        (edit.added, "added:"),
        (edit.removed, "removed:"),
        ([pair.new for pair in edit.respelt], "now spelled"),
    ):
        if names:
            yield f"{what}{'s' if len(names) > 1 else ''} {effect} {listed(names)}"


def _sponsors_lines(_event: Event, details: SponsorsDetails) -> Iterator[str]:
    edits = [edit for edit in (details.collaborators, details.funders) if edit]
    yield from (f"Added: {quote(name)}" for edit in edits for name in edit.added)
    yield from (f"Removed: {quote(name)}" for edit in edits for name in edit.removed)
    yield from (f"Now spelled: {difference(pair.old, pair.new)}" for edit in edits for pair in edit.respelt)


def _contacts_headline(event: Event, details: ContactsDetails) -> str:
    if event.effects == ("officials",):
        return "Officials of the study changed"
    if not {"central_contacts", "officials"} & set(event.effects) and details.sites:
        return f"Contact persons at {plural(details.sites, 'site')} changed"
    return "Contact persons changed"


kind_words(
    "sponsors_changed",
    SponsorsDetails,
    title="Sponsors",
    headline=_sponsors_headline,
    lines=_sponsors_lines,
    compared=("lead_sponsor",),
    own_spelling=True,
)
kind_words(
    "contacts_changed",
    ContactsDetails,
    title="Contacts",
    headline=_contacts_headline,
    lines=silent,
    combined=False,
    from_details=True,
)
