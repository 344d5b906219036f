"""Every path of the registry's JSON belongs to the kind a person would expect, and the documentation says so."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.acceptance.paths import ANYTHING_ELSE, DOC, QUIET, kinds_of, page, table

# By hand, on purpose: what a person expects of a path's beginning. The first that fits counts.
EXPECTED = (
    (
        r"(?!/resultsSection).*reviewUnit.*",
        {ANYTHING_ELSE},
    ),  # the registry's own history shows its reviewers' marks, its records do not
    (r"/hasResults", {"results_posted"}),
    (r"/resultsSection.*", {"results_amended"}),
    (r"/annotationSection/annotationModule/unposted.*", {"results_submission_changed", QUIET}),
    (r"/annotationSection.*", {"results_submission_changed", "compliance_notice_changed", QUIET}),
    (r"/documentSection.*", {"documents_changed", ANYTHING_ELSE, QUIET}),
    (r".*/interventions/\d+/armGroupLabels.*", {"arms_changed"}),
    (r".*/interventions/\d+", {"interventions_changed", "arms_changed"}),
    (r".*/interventions/.*", {"interventions_changed"}),
    (r".*/armGroups.*", {"arms_changed"}),
    (r".*/conditionsModule.*", {"conditions_changed"}),
    (r".*/(centralContacts|overallOfficials).*", {"contacts_changed"}),
    (r".*/locations/\d+/contacts.*", {"contacts_changed"}),
    (r".*/locations/\d+/geoPoint.*", {QUIET}),
    (r".*/locations/\d+", {"sites_changed", "countries_changed", "contacts_changed", QUIET}),
    (r".*/locations/\d+/(status|country)", {"sites_changed", "countries_changed"}),
    (r".*/locations/.*", {"sites_changed"}),
    (r".*/descriptionModule.*", {"description_changed"}),
    (r".*/designModule/designInfo.*", {"design_changed"}),
    (r".*/designModule/enrollmentInfo.*", {"enrollment_changed"}),
    (r".*/designModule/phases.*", {"phases_changed"}),
    (r".*/eligibilityModule.*", {"eligibility_changed"}),
    (r".*/identificationModule/(acronym|briefTitle|officialTitle)", {"titles_changed"}),
    (r".*/identificationModule/.*Id.*", {"identifiers_changed"}),
    (r".*/ipdSharingStatementModule.*", {"ipd_sharing_changed"}),
    (r".*/primaryOutcomes.*", {"primary_outcomes_changed"}),
    (r".*/secondaryOutcomes.*", {"secondary_outcomes_changed"}),
    (r".*/otherOutcomes.*", {"other_outcomes_changed"}),
    (r".*/oversightModule/.*", {"oversight_changed"}),
    (r".*/oversightModule", {"oversight_changed", ANYTHING_ELSE}),
    (r".*/referencesModule/references.*", {"references_changed"}),
    (r".*/referencesModule/seeAlsoLinks.*", {"links_changed"}),
    (r".*/referencesModule", {"references_changed", "links_changed", ANYTHING_ELSE}),
    (r".*/sponsorCollaboratorsModule.*", {"sponsors_changed"}),
    (r".*/statusModule/(lastUpdate.*|statusVerifiedDate|resultsFirstSubmitQcDate)", {QUIET}),
    (r".*/statusModule/startDateStruct.*", {"start_date_changed"}),
    (r".*/statusModule/primaryCompletionDateStruct.*", {"primary_completion_date_changed"}),
    (r".*/statusModule/completionDateStruct.*", {"completion_date_changed"}),
    (r".*/statusModule/resultsFirstPostDateStruct.*", {"results_amended", "results_posted", QUIET}),
    (r".*/statusModule/resultsFirstSubmitDate", {"results_submission_changed"}),
    (r".*/statusModule/overallStatus", {"recruitment_status_changed"}),
    (r".*/statusModule/whyStopped", {"why_stopped_changed"}),
    (r".*/statusModule/expandedAccessInfo.*", {ANYTHING_ELSE}),
)


def test_the_page_of_paths_is_what_the_program_does() -> None:
    assert DOC.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.acceptance.paths; read the difference"


def test_every_path_of_the_table_has_one_teller_or_says_why_none() -> None:
    """Two tellers only where the page's opening explains them."""
    several = {path for path, kinds in table().items() if len(kinds) > 1}
    assert several <= {
        "protocolSection.contactsLocationsModule.locations[].status",
        "protocolSection.contactsLocationsModule.locations[].country",
        "protocolSection.statusModule.resultsFirstPostDateStruct.date",
    }
    assert [path for path, kinds in table().items() if not kinds and not path.endswith("unreleaseDateUnknown")] == []


@pytest.mark.real_data
def test_every_path_that_really_changed_belongs_to_the_kind_a_person_expects(real_data: Path) -> None:
    """93 changes between record versions, as the registry's own history lists their paths."""
    versions = 0
    paths: set[str] = set()
    with gzip.open(real_data / "ctgov" / "history" / "version-patches.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            versions += 1
            paths |= set(json.loads(line)["changedPaths"])
    assert versions == 93
    wrong = {}
    for path in paths:
        expected = next((kinds for wanted, kinds in EXPECTED if re.fullmatch(wanted, path)), None)
        if expected is None or not kinds_of(path) <= expected:
            wrong[path] = (sorted(kinds_of(path)), expected)
    assert wrong == {}
