"""A record as a page: all that everybody may read of it is there, and a comparison shows wherever two versions differ."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from tests.builders import make_record
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.render.comparison import comparison
from tracker.render.record_page import sections
from tracker.sources import load

LEFT_OUT = {
    "trial": "the page's own heading",
    "url": "a link at the page's head",
    "central_contacts": "contact persons are never shown",
    "officials": "contact persons are never shown",
    "contacts": "contact persons are never shown",
    "responsible_party.name": "contact persons are never shown",
    "responsible_party.title": "contact persons are never shown",
    "geo": "where a place is on a map is said by its name",
    "std_ages": "made of the ages by the registry",
    "lead_sponsor.class": "the class of an organisation is no news to readers",
    "collaborators.class": "the class of an organisation is no news to readers",
    "funders.class": "the class of an organisation is no news to readers",
    "organization.class": "the class of an organisation is no news to readers",
    "interventions.arms": "said by the arms",
    "documents.uploaded_at": "the document's own date is shown",
    "documents.size": "the document is linked",
    "documents.filename": "a part of the link",
    "documents.type": "its label is shown",
    "secondary_ids.link": "the number is shown",
    "see_also_links.url": "a part of the link",
    "references.pmid": "a part of the link",
    "references.retractions": "said by the word retracted",
    "rest": "its values are shown by the names that the registry gives them",
}
"""Fields and their parts that no line shows, and why."""
INFO = load()["ctgov"].info


def leaves(kind: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every leaf of a type, with a value that is its own; lists have one entry."""
    options = [one for one in get_args(kind) if one is not type(None)]
    if get_origin(kind) in (Union, types.UnionType) or get_origin(kind) is tuple:
        yield from leaves(options[0], path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not RegistryDate:
        for field in msgspec.structs.fields(kind):
            yield from leaves(get_type_hints(kind)[field.name], f"{path}.{field.encode_name}")
    else:
        yield path, kind


def value(kind: Any, path: str, empty: str) -> Any:
    """A value of a type, of which the part ``empty`` is left out as far as it may be."""
    options = [one for one in get_args(kind) if one is not type(None)]
    if path == empty and type(None) in get_args(kind):
        return None
    if get_origin(kind) in (Union, types.UnionType):
        return value(options[0], path, empty)
    if get_origin(kind) is tuple:
        return (value(options[0], path, empty),)
    if kind is RegistryDate:
        return RegistryDate("2026-03-04", "ACTUAL")
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        parts = {field.name: (hints[field.name], f"{path}.{field.encode_name}") for field in msgspec.structs.fields(kind)}
        return kind(**{name: value(hint, where, empty) for name, (hint, where) in parts.items()})
    if get_origin(kind) is dict:
        return {f"key of {path}": f"value of {path}"}
    return {str: f"text of {path}", bool: True, int: 7, float: 1.5}[kind]


def record(empty: str = "") -> TrialRecord:
    """A record that says everything, but for one part."""
    hints = get_type_hints(TrialRecord)
    names = [field.name for field in msgspec.structs.fields(TrialRecord) if field.name not in ("trial", "rest")]
    return make_record(**{name: value(hints[name], name, empty) for name in names})


def may_be_absent() -> Iterator[str]:
    for field in msgspec.structs.fields(TrialRecord):
        for path, _ in leaves(get_type_hints(TrialRecord)[field.name], field.name):
            words = path.split(".")
            if not any(path == left or left in words or path.startswith(f"{left}.") for left in LEFT_OUT):
                yield path


@pytest.mark.parametrize("path", sorted(may_be_absent()))
def test_each_part_of_a_record_stands_on_its_page(path: str) -> None:
    """The comparison of two versions is made of these lines too: without one, a change would be told and not be there."""
    whole, without = record(), record(path)
    if whole == without:  # a part that is always there
        assert path.replace("_", " ") in str(sections(whole, INFO)).replace("_", " ")
        return
    assert sections(whole, INFO) != sections(without, INFO)
    assert sum(section.changes for section in comparison(without, whole, INFO)) > 0


def test_what_no_field_is_made_for_is_shown_by_the_registrys_names() -> None:
    old = make_record(rest={"protocolSection.designModule.targetDuration": "1 Day"})
    new = make_record(rest={"protocolSection.designModule.targetDuration": "2 Days"})
    [changed] = [section for section in comparison(old, new, INFO) if section.changes]
    assert (changed.key, changed.fields[0].title) == ("rest", "targetDuration")


def test_countries_of_like_names_are_kept_apart() -> None:
    sites = [{"city": "A", "country": "Congo (Kinshasa)"}, {"city": "B", "country": "Congo (Brazzaville)"}]
    made = msgspec.convert({"trial": "ctgov:NCT00000101", "sites": sites}, TrialRecord)
    [places] = [section for section in comparison(made, made, INFO) if section.key == "places"]
    assert [field.title for field in places.fields] == ["Congo (Brazzaville)", "Congo (Kinshasa)"]


def test_persons_stand_on_no_page() -> None:
    text = str(sections(record(), INFO))
    assert "text of central_contacts" not in text
    assert "text of officials" not in text
    assert "text of sites.contacts" not in text
    assert "text of responsible_party.name" not in text
