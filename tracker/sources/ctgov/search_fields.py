"""What an address of a search and a ``query = {…}`` may hold, and what the API calls it."""

from __future__ import annotations

from tracker.model.vocabulary import PHASES, REGISTRY_STATUSES, STUDY_TYPES

QUERIES = {
    "cond": "query.cond",
    "term": "query.term",
    "intr": "query.intr",
    "titles": "query.titles",
    "outc": "query.outc",
    "spons": "query.spons",
    "lead": "query.lead",
    "id": "query.id",
    "locn": "query.locn",
    "patient": "query.patient",
}
DATES = {
    "start": "StartDate",
    "primComp": "PrimaryCompletionDate",
    "studyComp": "CompletionDate",
    "firstPost": "StudyFirstPostDate",
    "resFirstPost": "ResultsFirstPostDate",
    "lastUpdPost": "LastUpdatePostDate",
}
PLACES = {"country": "LocationCountry", "state": "LocationState", "city": "LocationCity"}
GEO = frozenset({"lat", "lng", "distance", "locStr"})
VIEWING = frozenset(
    {"page", "limit", "viewType", "rank", "sort", "checkSpell", "tab", "from", "format", "pageSize", "pageToken"}
)
API = frozenset({*QUERIES.values(), "aggFilters"}) | {
    f"{when}.{what}" for when in ("filter", "postFilter") for what in ("overallStatus", "geo", "advanced", "synonyms", "ids")
}
UNREAD_API = frozenset({"fields", "countTotal", "markupFormat", "geoDecay"})

SEARCH_PARAMETERS = frozenset({*QUERIES, *DATES, *PLACES, "ageRange"}) | GEO | VIEWING | API | UNREAD_API
"""What an address may hold: that of the search page, that of the expert search, or that of the API itself."""

FIELDS = {
    "condition": "query.cond",
    "term": "query.term",
    "title": "query.titles",
    "intervention": "query.intr",
    "outcome": "query.outc",
    "sponsor": "query.spons",
    "lead_sponsor": "query.lead",
    "id": "query.id",
    "location": "query.locn",
    "patient": "query.patient",
}
WORD_FIELDS = {
    "status": ("OverallStatus", frozenset(REGISTRY_STATUSES)),
    "phase": ("Phase", PHASES),
    "study_type": ("StudyType", STUDY_TYPES),
}

QUERY_FIELDS = frozenset({*FIELDS, *WORD_FIELDS, *PLACES})
"""What a ``query = {…}`` may hold."""
