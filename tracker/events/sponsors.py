"""Who runs and pays for the trial, and whom to ask. Names of contact persons never leave the changes themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.events.spelling import respelt_pairs
from tracker.model.details import ContactsDetails, Edit, NamesEdit, SponsorsDetails
from tracker.model.event import Change
from tracker.text.normalize import same_words

_SPONSOR_FIELDS = ("lead_sponsor", "collaborators", "responsible_party", "funders", "organization")
_EFFECT = {"lead_sponsor": "lead"}


@change_kind(
    "sponsors_changed",
    owns=_SPONSOR_FIELDS,
    effects=("lead", "collaborators", "responsible_party", "funders", "organization"),
    description="The lead sponsor, collaborators, funders or the responsible party changed.",
    weight=65,
)
def _sponsors(context: Context) -> Finding | None:
    touched = {change.path[0] for change in context.changes}
    effects = tuple(_EFFECT.get(field, field) for field in _SPONSOR_FIELDS if field in touched)
    old, new = context.old.lead_sponsor, context.new.lead_sponsor
    details = SponsorsDetails(
        lead=Edit(old=old.name if old else None, new=new.name if new else None) if "lead" in effects else None,
        collaborators=_names(context, "collaborators"),
        funders=_names(context, "funders"),
        organization=_organization(context) if "organization" in effects else None,
    )
    if old is None or new is None or not same_words(old.name, new.name):
        return Finding(
            severity="major" if "lead" in effects else "minor",
            rule="the lead sponsor changed" if "lead" in effects else "collaborators, funders or the responsible party changed",
            effects=effects,
            details=details,
        )
    rule = (
        "only the spelling or class of the lead sponsor differs"
        if effects == ("lead",)
        else "others than the lead sponsor changed"
    )
    return Finding(severity="minor", rule=rule, effects=effects, details=details)


def _organization(context: Context) -> Edit[str | None]:
    """The organization that keeps the record, before and now."""
    old, new = context.old.organization, context.new.organization
    return Edit(old=old.name if old else None, new=new.name if new else None)


def _names(context: Context, field: str) -> NamesEdit | None:
    """The organisations that came to a list and left it."""
    changes = [change for change in context.changes_under(field) if len(change.path) == 2]
    if not changes:
        return None
    removed, added, respelt = respelt_pairs(
        [change.old.get("name", "") for change in changes if change.new is None],
        [change.new.get("name", "") for change in changes if change.old is None],
    )
    return NamesEdit(added=tuple(added), removed=tuple(removed), respelt=tuple(respelt))


def _site_contacts(comparison: Comparison) -> Iterator[Change]:
    """Contact persons at the sites are reported with the other contacts, not as news of the sites."""
    for change in comparison.changes_of("sites"):
        if len(change.path) > 2 and change.path[2] == "contacts":
            yield change


@change_kind(
    "contacts_changed",
    owns=("central_contacts", "officials"),
    claims=_site_contacts,
    effects=("central_contacts", "officials", "site_contacts"),
    description="Contact persons or officials changed. Who they are is personal data and is not passed on.",
    weight=5,
)
def _contacts(context: Context) -> Finding | None:
    names = {"central_contacts": "central_contacts", "officials": "officials", "sites": "site_contacts"}
    effects = tuple(dict.fromkeys(names[change.path[0]] for change in context.changes))
    return Finding(
        severity="minor",
        rule="contact persons or officials changed",
        effects=effects,
        details=ContactsDetails(sites=len({change.path[1] for change in context.changes_under("sites")})),
    )
