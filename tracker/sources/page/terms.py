"""The usual labels of trial pages, and the words that stand under them, in one place. A site's map says what differs.

A label that means no field of ours is listed too: what follows a label is its value only where it is no label itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.text.normalize import squeeze_whitespace


def folded(text: str) -> str:
    """A label or heading as it is looked up: without case, mark-up signs, colon and the blanks around it."""
    text = text.replace("’", "'").replace("_", " ").strip(" \t:*#|?")
    return squeeze_whitespace(text).casefold()


def _split(text: str) -> tuple[str, ...]:
    return tuple(squeeze_whitespace(part) for part in text.split("|"))


LABELS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "nct_number": (
        _split(
            "nct number | nct id | nct no | nct no. | nct | nctid | nct identifier | clinicaltrials.gov identifier | "
            "clinicaltrials.gov id | clinicaltrials.gov number | clinicaltrials.gov registry number | ct.gov id | ct.gov "
            "identifier | ct.gov nct id | study nct id | trial nct id | registration number | registry number | registry id "
            "| registry identifier | trial registration number | trial registration id | trial registration | eu ct number "
            "| euct number | eudract number | isrctn | isrctn number | drks-id | drks id | trial number | trial identifier "
            "| study identifier | main id | unique identifier"
        ),
        _split("trial id | study id | clinical study id | clinical trial id | identifier | identifiers"),
    ),
    "recruitment_status": (
        _split(
            "recruitment status | overall status | overall recruitment status | recruiting status | trial recruitment "
            "status | study recruitment status | enrollment status | enrolment status | current recruitment status | status "
            "of recruitment"
        ),
        _split("trial status | study status | status of trial | status of the trial | clinical trial status"),
        _split("status | current status"),
    ),
    "results_state": (
        _split(
            "study results | trial results | results status | status of results | results | has results | results posted | "
            "results available | study has results | results reported"
        ),
    ),
    "brief_title": (
        _split("brief title | public title | short title | study title | trial title | title of the trial | lay title"),
    ),
    "official_title": (_split("official title | scientific title | official study title | full title"),),
    "lead_sponsor": (
        _split("lead sponsor | primary sponsor | main sponsor"),
        _split("sponsor | study sponsor | trial sponsor | sponsored by | name of sponsor"),
    ),
    "conditions": (
        _split(
            "condition | conditions | condition(s) | condition or disease | conditions studied | health condition | health "
            "condition(s) | health conditions | medical condition | medical conditions | medical condition(s) | conditions "
            "treated | condition being studied"
        ),
    ),
    "study_type": (_split("study type | type of study | trial type"),),
    "phases": (_split("phase | phases | study phase | trial phase | clinical phase | phase of trial | study phase(s)"),),
    "enrollment": (
        _split(
            "enrollment | enrolment | total enrollment | total enrolment | target enrollment | target enrolment | actual "
            "enrollment | estimated enrollment | anticipated enrollment | actual enrolment | estimated enrolment | planned "
            "enrollment | enrollment (actual) | enrollment (estimated) | enrollment (anticipated) | enrollment count | "
            "enrollment target | number of participants | number of subjects | number of patients | target number of "
            "participants | target sample size | sample size | total sample size | target recruitment | participants "
            "enrolled"
        ),
    ),
    "start_date": (
        _split(
            "start date | study start date | study start | trial start date | trial start | actual start date | estimated "
            "start date | actual study start date | estimated study start date | anticipated start date | start date "
            "(actual) | start date (estimated) | start date (anticipated) | study start (actual) | study start (estimated) "
            "| study start date (actual) | study start date (estimated)"
        ),
    ),
    "primary_completion_date": (
        _split(
            "primary completion date | primary completion | actual primary completion date | estimated primary completion "
            "date | anticipated primary completion date | primary completion date (actual) | primary completion date "
            "(estimated) | primary completion (actual) | primary completion (estimated) | est. primary completion date | "
            "study primary completion date"
        ),
    ),
    "completion_date": (
        _split(
            "completion date | study completion date | study completion | completion | actual study completion date | "
            "estimated study completion date | actual completion date | estimated completion date | anticipated completion "
            "date | study completion date (actual) | study completion date (estimated) | completion date (actual) | "
            "completion date (estimated) | study completion (actual) | study completion (estimated) | est. completion date "
            "| est. study completion date | trial completion date | end date | study end date | trial end date"
        ),
    ),
    "first_posted": (
        _split("first posted | first posted date | date first posted | study first posted | study first posted date"),
    ),
    "last_update_posted": (
        _split(
            "last update posted | last update posted date | date of last update posted | ct.gov last update | ct last "
            "update post date | last update post date | last updated on clinicaltrials.gov"
        ),
        _split(
            "last updated | last update | last updated on | last updated date | last update date | date last updated | "
            "updated | updated on | lastchanged date | last changed date | last changed | last modified | last modified on "
            "| date of last update | record last updated"
        ),
    ),
    "results_first_posted": (
        _split(
            "results first posted | results first posted date | first posted results | results posted on | results posted "
            "date | date results posted | date of results posting"
        ),
    ),
    "page_date": (_split("current as of | data as of | information as of | page last updated | page updated"),),
    "verified_on": (_split("verification date | verified date | last verified | date verified | record verification date"),),
}
"""Record field -> its labels, the most exact ones first: where two stand on a page, the more exact one is meant."""

BOTH: Mapping[str, tuple[str, ...]] = {
    "status and phase": ("recruitment_status", "phases"),
    "status & phase": ("recruitment_status", "phases"),
    "phase and status": ("recruitment_status", "phases"),
}
"""Labels over the values of two fields, which are told apart by their words."""

OTHER_LABELS = frozenset(
    _split(
        "base | classification by specialty | classification by malignancy | date registration | registration status | "
        "scientific title acronym | title acronym | secondary sponsor | secondary sponsors | secondary sponsor(s) | "
        "source support | web address | date enrollment | date enrolment | results date posted | results url link | "
        "about | about this study | abstract | accepts healthy volunteers | acronym | activities | address | administrative "
        "data | age | age group | age groups | age limits | age range | ages | ages eligible | ages eligible for study | "
        "allocation | arms | arm group | arm groups | arms and interventions | arms & interventions | attachments | "
        "background | blinding | brief summary | summary | centers | cities | city | collaborator | collaborators | contact "
        "| contacts | contact information | contact name | contact phone | contacts and locations | countries | country | "
        "data source | date added | date registered | date of registration | registration date | description | design | "
        "design allocation | detailed description | details | details and patient eligibility | disclaimer | disease | "
        "documents | drug | drugs | eligibility | eligibility criteria | eligible ages | eligible sex | email | ethics | "
        "exclusion criteria | first received | first received date | firstreceived date | first submitted | first submitted "
        "date | firstreceived results date | firstreceived results disposition date | funder | funders | funder type | "
        "funder types | funding | funding source | gender | genders | general information | has expanded access | health "
        "authority | healthy | healthy volunteers | hospital | hospitals | how to participate | identification | inclusion "
        "criteria | inclusion | exclusion | intervention | interventions | intervention type | intervention/treatment | "
        "intervention / treatment | intervention model | investigator | investigators | is fda regulated | key facts | "
        "keywords | languages | last seen | last seen at | lead investigator | location | locations | locations and "
        "contacts | mask | masking | maximum age | measure | medicine | mesh terms | minimum age | model | name | name "
        "title | objective | objectives | observational model | org study id | organisation | organization | original id | "
        "other id | other ids | other study id | other study id # | other study id numbers | other identifiers | outcome "
        "measures | outcomes | overview | participants | participation | patient population | phone | primary condition | "
        "primary endpoint | primary endpoints | primary objective | primary outcome | primary outcome measures | primary "
        "outcomes | primary purpose | principal investigator | principal investigators | product | publications | purpose | "
        "recruitment | recruitment & eligibility | references | region | regions | registry | related conditions | "
        "responsible party | secondary id | secondary ids | secondary identifiers | secondary outcome | secondary outcome "
        "measures | secondary outcomes | sex | sexes | sexes eligible for study | site | site status | sites | source | "
        "source id | speciality | specialty | sponsor and collaborators | sponsors | sponsors and collaborators | "
        "sponsor/collaborators | sponsor type | state | states | study arms | study chair | study contact | study "
        "description | study design | study details | study director | study documents | study groups | study information | "
        "study overview | study plan | study population | study protocol | study record | study record dates | study "
        "registration dates | study sites | study summary | tabular view | target duration | therapeutic area | therapeutic "
        "areas | therapuetic area | therapuetic areas | therapy area | time frame | time perspective | timeline | topic | "
        "topics | treatment | treatments | trial design | trial details | trial information | trial locations | trial sites "
        "| trial summary | type | type of intervention | url | view full results | volunteers | website | what is being "
        "tested | where | who can participate | why stopped | zip code | canonical url | clinicaltrials gov | date posted | "
        "no results posted | how to read a study record | trial registry | source registry | investigational product | "
        "investigational products | drug name | indication | indications | tumor type | tumour type | disease area | "
        "disease areas | category | categories | tags"
    )
)
"""Labels and headings of trial pages whose values are not read."""

SITE_WORDS = frozenset(
    _split(
        "a | about | all | clinical | clinicaltrials | database | detail | details | directory | finder | for | gov | home | "
        "in | information | nct | of | our | overview | page | profile | record | records | register | registry | result | "
        "results | search | studies | study | summary | the | this | trial | trials | view"
    )
)
"""A main heading of nothing but these (and numbers) names the site or the kind of page, not the trial."""

RELATED = frozenset(
    _split(
        "related trials | related clinical trials | related studies | more related trials | similar trials | similar "
        "clinical trials | similar studies | other trials | other clinical trials | more trials | more clinical trials | "
        "more studies | other studies | recommended trials | recommended studies | suggested trials | trials you may like | "
        "you may also like | you might also like | you may also be interested in | you might be interested in | other "
        "trials you may be interested in | other trials by this sponsor | more trials from this sponsor | more from this "
        "sponsor | trials from the same sponsor | nearby trials | trials near you | latest trials | recent trials | "
        "recently added trials | recently viewed | recently viewed trials | featured trials | popular trials | related "
        "conditions and trials | explore similar trials | explore related trials | trials like this | see also these trials "
        "| people also viewed"
    )
)
"""Headings over other trials, with numbers, statuses and phases of their own."""

PLACES = frozenset(
    _split(
        "locations | study locations | trial locations | sites | study sites | trial sites | locations and contacts | "
        "contacts and locations | contacts | centers | where"
    )
)
"""Headings over places, each with a status of its own."""

STATUSES: Mapping[str, str] = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, recruiting": "RECRUITING",
    "Currently recruiting": "RECRUITING",
    "Enrolling": "RECRUITING",
    "Enrolling by invitation": "ENROLLING_BY_INVITATION",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "Completed": "COMPLETED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
    "Withheld": "WITHHELD",
    "Unknown": "UNKNOWN",
    "Unknown status": "UNKNOWN",
    "Available": "AVAILABLE",
    "No longer available": "NO_LONGER_AVAILABLE",
    "Temporarily not available": "TEMPORARILY_NOT_AVAILABLE",
    "Approved for marketing": "APPROVED_FOR_MARKETING",
}
"""Words of one meaning on every page. "Open", "Closed", "Ongoing" and "Not recruiting" can mean several things: `OTHER`."""

RESULTS: Mapping[str, str] = {
    "Results pending": "NONE_POSTED",
    "Pending": "NONE_POSTED",
    "No results": "NONE_POSTED",
    "No results yet": "NONE_POSTED",
    "No results posted": "NONE_POSTED",
    "No study results posted": "NONE_POSTED",
    "No results available": "NONE_POSTED",
    "Not posted": "NONE_POSTED",
    "Not available": "NONE_POSTED",
    "Not yet available": "NONE_POSTED",
    "No": "NONE_POSTED",
    "None posted": "NONE_POSTED",
    "Has results": "POSTED",
    "Results posted": "POSTED",
    "Results available": "POSTED",
    "Available": "POSTED",
    "Posted": "POSTED",
    "Yes": "POSTED",
}
SAYS_ALONE = frozenset(
    {"results pending", "no results posted", "no study results posted", "has results", "results posted", "results available"}
)
"""Lines that say how it stands with the results without a label."""

STUDY_TYPES: Mapping[str, str] = {
    "Interventional": "INTERVENTIONAL",
    "Interventional study": "INTERVENTIONAL",
    "Interventional (Clinical Trial)": "INTERVENTIONAL",
    "Observational": "OBSERVATIONAL",
    "Observational study": "OBSERVATIONAL",
    "Observational [Patient Registry]": "OBSERVATIONAL",
    "Expanded access": "EXPANDED_ACCESS",
}

CLASSES: Mapping[str, str] = {
    "industry": "INDUSTRY",
    "other": "OTHER",
    "nih": "NIH",
    "fed": "FED",
    "u.s. fed": "FED",
    "network": "NETWORK",
    "indiv": "INDIV",
    "other gov": "OTHER_GOV",
    "other government": "OTHER_GOV",
}
"""What may stand in brackets behind a sponsor's name."""

NOTHING = frozenset(
    _split(
        " | - | – | — | -- | n/a | not available | not provided | not specified | not stated | not reported | none | tbd | "
        "[redacted] | redacted | null | unspecified | no data | not given"
    )
)
"""Values that say nothing. "N/A" as a phase is among them: some pages write it for “not applicable”, some for “not known”."""

DATE_TYPES = {"actual": "ACTUAL", "estimated": "ESTIMATED", "anticipated": "ESTIMATED", "expected": "ESTIMATED"}
"""Words beside a date or a number of participants. "Est." is left out: it is a fixed part of some sites' labels."""

TYPE_WORD = re.compile(rf"\b({'|'.join(DATE_TYPES)})\b", re.IGNORECASE)
