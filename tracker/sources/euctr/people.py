"""Who takes part, and how many."""

from __future__ import annotations

from tracker.extract.criteria import criteria
from tracker.model.record import Criteria, Eligibility, Enrollment
from tracker.sources.euctr import words
from tracker.sources.euctr.parts import Part, PartReader


def eligibility(reader: PartReader) -> Eligibility:
    """Groups of ages, sexes and criteria; the register states no ages in years."""
    female, male = reader.flag("f2_1_female"), reader.flag("f2_2_male")
    ages = tuple(age for key, age in words.AGES.items() if reader.flag(key))
    return Eligibility(
        criteria=_criteria(
            reader.verbatim("e3_principal_inclusion_criteria"), reader.verbatim("e4_principal_exclusion_criteria")
        ),
        sex="ALL" if female and male else "FEMALE" if female else "MALE" if male else None,
        healthy_volunteers=reader.flag("f3_1_healthy_volunteers"),
        std_ages=ages or None,
    )


def _criteria(inclusion: str | None, exclusion: str | None) -> Criteria | None:
    """Both texts line by line; a heading inside one of them is followed."""
    if not (inclusion or exclusion):
        return None
    of_one = criteria(f"Inclusion Criteria:\n{inclusion or ''}")
    of_other = criteria(f"Exclusion Criteria:\n{exclusion or ''}")
    return Criteria(
        inclusion=of_one.inclusion + of_other.inclusion,
        exclusion=of_one.exclusion + of_other.exclusion,
        other=of_one.other + of_other.other,
    )


def enrollment(reader: PartReader, part: Part) -> Enrollment | None:
    """The number planned for the whole trial; that of the country where it runs in no other."""
    whole = reader.count("f4_2_2_in_the_whole_clinical_trial")
    elsewhere = [value for key, value in part.fields.items() if key.startswith(("e8_6_1_", "e8_6_2_"))]
    alone = part.fields.get("e8_5_the_trial_involves_multiple_member_states") == ["No"] and ["Yes"] not in elsewhere
    if whole is None and alone:
        whole = reader.count("f4_1_in_the_member_state")
    return None if whole is None else Enrollment(count=whole, type="ESTIMATED")
