"""Sentences about what the record says: outcomes, eligibility, arms, sponsors, documents, texts, links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.model.event import Change, Event
from tracker.render import marks
from tracker.render.words.basics import effect_word, field_word, first_capital, kind_title, on, status, status_before
from tracker.render.words.english import BOOLEAN, DOCUMENT, NOTICE, SEX, WINDOW, S
from tracker.render.words.texts import difference, listed, quote, quoted, terms

_SHORT_NAMES = 80
FEW = 2
"""Answers on oversight that a headline has room for."""

_LEVEL = {"primary_outcomes_changed": "primary", "secondary_outcomes_changed": "secondary", "other_outcomes_changed": "other"}


def outcome_counts(fields: dict[str, int]) -> str:
    """``3 primary and 22 secondary outcomes``."""
    counts = [(field_word(field), count) for field, count in fields.items()]
    told = [f"{count} {level}" for level, count in counts[:-1]]
    level, count = counts[-1]
    told.append(S["outcomes_of" if count == 1 else "outcomes_of_many"].format(count=count, level=level))
    return listed(told)


def outcomes(event: Event) -> str:
    """What happened to the outcomes of one level, and when in the trial's life."""
    details = event.details
    window = WINDOW.get(details.get("window", ""), "")
    frames = details.get("time_frame") or []
    if set(event.effects) == {"time_frame"} and len(frames) == 1 and frames[0]["count"] > 1:
        text = S["time_frames"].format(
            counts=outcome_counts(frames[0]["fields"]), old=_or_nothing(frames[0]["from"]), new=_or_nothing(frames[0]["to"])
        )
    else:
        text = _outcome_effects(event)
    return S["windowed"].format(text=text, window=window) if window else text


def _or_nothing(text: str) -> str:
    return quote(text, 50) if text else S["nothing"]


def _outcome_effects(event: Event) -> str:
    level = first_capital(_LEVEL[event.kind])
    counts = {effect: _count(event.details.get(effect)) for effect in event.effects}
    if sum(counts.values()) == 1:
        effect = event.effects[0]
        return S["outcome_one"].format(level=level, what=_one_outcome(effect, event.details[effect][0]))
    what = [S[f"outcomes_{effect}"].format(count=count) for effect, count in counts.items()]
    return S["outcomes_many"].format(level=level, what=", ".join(what))


def _one_outcome(effect: str, entry: Any) -> str:
    text = entry
    if effect in {"added", "removed"}:
        text = quote(entry.get("measure"))
    elif effect == "measure_reworded":
        text = marks.plain(marks.spans(difference(entry["from"], entry["to"], 90)))
    elif effect == "time_frame":
        text = f"“{_or_nothing(entry['from'])}” → “{_or_nothing(entry['to'])}”"
    else:
        text = quote(text)
    return S[f"outcome_{effect}"].format(text=text)


def _count(entries: Any) -> int:
    """How many outcome measures a detail tells of; groups of like edits count each."""
    return sum(entry.get("count", 1) if isinstance(entry, dict) else 1 for entry in entries or ())


def _eligibility(event: Event) -> str:
    criteria = event.details.get("criteria") or {}
    parts = [
        part
        for name, change in event.details.items()
        if name in event.details.keys() - {"criteria", "spelling_only"} and (part := _who_can_join(name, change))
    ]
    counts = [
        _criteria(heading, effect, lines)
        for heading, found in criteria.items()
        for effect, lines in found.items()
        if lines and effect not in {"respelt", "regrouped"}
    ]
    if counts and not event.details.get("spelling_only"):
        parts += counts
    elif criteria:
        parts.append(S["criteria_other"])
    return S["eligibility"].format(parts=", ".join(dict.fromkeys(parts)) or effect_word(next(iter(event.effects), "changed")))


def _criteria(heading: str, effect: str, lines: list[Any]) -> str:
    """How many lines under a heading came, went, were reworded or moved there from the other one."""
    key = "criterion" if len(lines) == 1 else "criteria"
    if effect == "moved":
        return S[f"{key}_moved"].format(count=len(lines), old=lines[0]["from"], heading=heading)
    named = "" if heading == "other" else heading
    return S[key].format(count=len(lines), heading=named, effect=effect_word(effect)).replace("  ", " ")


def _who_can_join(name: str, change: dict[str, Any]) -> str:
    old, new = change.get("from"), change.get("to")
    match name:
        case "minimum_age" | "maximum_age":
            key = "age_none" if not new else "age_given" if not old else "age"
            return S[key].format(field=field_word(name), to=quote(new, 30), old=quote(old, 30))
        case "sex":
            return S["sex"].format(to=SEX.get(new or "", quote(new, 30)), old=SEX.get(old or "", quote(old, 30)) or S["none"])
        case "healthy_volunteers":
            return S["volunteers_yes" if new else "volunteers_no"]
        case "std_ages":
            return ""  # follows from the ages
        case _:
            return S["field_changed"].format(field=field_word(name)).lower()


def _entries(event: Event) -> str:
    """Arms or interventions: what came, went or was renamed."""
    parts = []
    for effect in event.effects:
        entries = event.details.get(effect) or []
        names = entries if isinstance(entries, list) else []
        parts.append(_renamed(names) if effect == "renamed" else S[f"entry_{effect}"].format(names=quoted(names)))
    return S["titled"].format(title=kind_title(event.kind), text="; ".join(parts) or S["entry_assignment"])


def _renamed(entries: list[dict[str, str]]) -> str:
    """Both names of one short renaming; of more or longer ones only how many."""
    if len(entries) == 1 and len(entries[0]["from"]) + len(entries[0]["to"]) <= _SHORT_NAMES:
        return S["entry_renamed"].format(names=f"“{quote(entries[0]['from'])}” → “{quote(entries[0]['to'])}”")
    return S["entry_renamed_many"].format(count=len(entries))


def _design(event: Event) -> str:
    told = []
    for field, change in event.details.items():
        old, new = change.get("from"), change.get("to")
        if field.endswith("_description"):
            told.append(S["field_changed"].format(field=field_word(field)))
        else:
            told.append(S["field_now"].format(field=field_word(field), to=_word(new), old=_word(old)))
    return "; ".join(told) or S["fields_changed"].format(fields=listed([field_word(effect) for effect in event.effects]))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return BOOLEAN[value]
    if value == "NA":
        return S["not_applicable"]
    return quote(str(value).replace("_", " ").lower(), 40) if value else S["none"]


def _sponsors(event: Event) -> str:
    details = event.details
    told = []
    if lead := details.get("lead"):
        key = "lead" if event.severity == "major" else "lead_spelling" if lead["from"] != lead["to"] else "lead_class"
        told.append(S[key].format(to=quote(lead["to"], 60) or S["none"], old=quote(lead["from"], 60) or S["none"]))
    for effect in ("added", "removed", "respelt"):
        if names := (details.get("collaborators") or {}).get(effect):
            many = "_many" if len(names) > 1 else ""
            names = [pair["to"] for pair in names] if effect == "respelt" else names
            told.append(S[f"collaborators_{effect}{many}"].format(names=listed(names)))
    if not told:
        told.append(S["fields_changed"].format(fields=listed([field_word(effect) for effect in event.effects])))
    return "; ".join(told)


def _documents(event: Event) -> str:
    names = [DOCUMENT[word.upper()] for word in event.effects if word.upper() in DOCUMENT]
    told = []
    for effect in ("added", "removed", "replaced"):
        if effect not in event.effects:
            continue
        entries = event.details.get(effect) or []
        own = [name for entry in entries if isinstance(entry, dict) for name in document_names(entry.get("type"))]
        told.append(
            S[f"documents_{effect}"].format(documents=first_capital(listed(list(dict.fromkeys(own or names))) or "documents"))
        )
    return "; ".join(told) or kind_title(event.kind)


def document_names(type_: Any) -> list[str]:
    """A document's type in words: ``PROTOCOL+SAP`` is a protocol and a statistical analysis plan."""
    return [DOCUMENT.get(word, quote(word.lower(), 40)) for word in str(type_ or "").split("+") if word]


def _compliance(event: Event) -> str:
    changes = [change.new or change.old for change in event.changes if len(change.path) == 2]
    types = [str(notice.get("type", "")) for notice in changes if isinstance(notice, dict)]
    words = [NOTICE.get(name) or quote(name, 60) for name in types if name]
    return (
        S["titled"].format(title=kind_title(event.kind), text=listed(words))
        if words
        else S["generic"].format(kind=kind_title(event.kind))
    )


def _references(event: Event) -> str:
    told = []
    for effect in ("added", "removed"):
        if entries := event.details.get(effect):
            told.append(S[f"reference{'s' if len(entries) > 1 else ''}_{effect}"].format(count=len(entries)))
    if not told and all(len(change.path) > 2 and change.path[2] == "type" for change in event.changes):
        count = len({change.path[1] for change in event.changes})
        return S["reference_type" if count == 1 else "reference_types"].format(count=count)
    return ", ".join(told) or S["references_changed"]


def _terms(event: Event) -> str:
    """Conditions and keywords."""
    told = [
        S[f"list_{effect}"].format(
            field=field_word(field), items=terms([item["to"] if effect == "respelt" else item for item in items])
        )
        for field, found in event.details.items()
        if isinstance(found, dict)
        for effect, items in found.items()
        if items
    ]
    return "; ".join(told) or S["generic"].format(kind=kind_title(event.kind))


def _fields(event: Event) -> str:
    """Titles, descriptions, numbers: which of them changed."""
    return S["fields_changed"].format(fields=listed([field_word(effect) for effect in event.effects], 4))


def _links(event: Event) -> str:
    """How many links came and went."""
    told = []
    for effect, side in (("added", "new"), ("removed", "old")):
        count = sum(len(change.path) == 2 and getattr(change, side) is not None for change in event.changes)
        if count:
            told.append(S[f"link{'s' if count > 1 else ''}_{effect}"].format(count=count))
    return ", ".join(told) or S["generic"].format(kind=kind_title(event.kind))


def _fields_of(event: Event) -> str:
    fields = [field_word(str(field)) for field in event.details.get("fields") or ()]
    return S["titled"].format(title=kind_title(event.kind), text=S["fields_changed"].format(fields=listed(fields, 4) or "…"))


def _oversight(event: Event) -> str:
    """One or two answers with what they were; of more only which."""
    if not 0 < len(event.changes) <= FEW or any(len(change.path) != 2 for change in event.changes):
        return _fields_of(event)
    told = [
        S["field_now"].format(field=field_word(change.path[1]), to=_word(change.new), old=_word(change.old))
        for change in event.changes
    ]
    return S["titled"].format(title=kind_title(event.kind), text="; ".join(told))


def _ipd(event: Event) -> str:
    for change in event.changes:
        if change.path[-1] == "plan":
            return S["field_now"].format(field=kind_title(event.kind), to=_word(change.new), old=_word(change.old))
    return S["generic"].format(kind=kind_title(event.kind))


def _contacts(event: Event) -> str:
    sites = event.details.get("sites") or 0
    if "central_contacts" not in event.effects and "officials" not in event.effects and sites:
        return S["contacts_site" if sites == 1 else "contacts_sites"].format(count=sites)
    return S["officials"] if event.effects == ("officials",) else S["contacts"]


def _countries(event: Event) -> str:
    told = [told for change in event.changes if (told := country_news(change))]
    return "; ".join(told[:3]) or S["generic"].format(kind=kind_title(event.kind))


def country_news(change: Change) -> str:
    """A member state's status, and what it was; empty for a change that tells no status."""
    if len(change.path) == 2:
        whole = change.new or change.old
        news = status(whole.get("status")) if change.new else S["none"]
        return S["country_status"].format(country=quote(change.path[1], 40), news=news)
    if change.path[2] != "status":
        return ""
    news = S["before"].format(news=status(change.new), before=status_before(change.old))
    return S["country_status"].format(country=quote(change.path[1], 40), news=news)


def _regulatory(event: Event) -> str:
    told = []
    for effect in ("added", "removed"):
        for entry in event.details.get(effect) or ():
            where = f" ({quote(entry['country'], 40)})" if entry.get("country") else ""
            when = f" {on(entry['date'])}" if entry.get("date") else ""
            name = first_capital(quote(str(entry.get("type")).replace("_", " ").lower(), 60))
            told.append(S[f"regulatory_{effect}"].format(type=name, where=where, when=when))
    return "; ".join(told[:2]) or S["generic"].format(kind=kind_title(event.kind))


CONTENT: dict[str, Callable[[Event], str]] = {
    **dict.fromkeys(_LEVEL, outcomes),
    "eligibility_changed": _eligibility,
    "arms_changed": _entries,
    "interventions_changed": _entries,
    "design_changed": _design,
    "sponsors_changed": _sponsors,
    "documents_changed": _documents,
    "compliance_notice_changed": _compliance,
    "references_changed": _references,
    "conditions_changed": _terms,
    "titles_changed": _fields,
    "description_changed": _fields,
    "identifiers_changed": _fields,
    "links_changed": _links,
    "oversight_changed": _oversight,
    "other_fields_changed": _fields_of,
    "ipd_sharing_changed": _ipd,
    "contacts_changed": _contacts,
    "country_status_changed": _countries,
    "regulatory_events_changed": _regulatory,
}
