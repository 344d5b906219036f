"""Reads a listing of TrialX by the shapes of its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tracker.extract import pages
from tracker.extract.blocks import Line, read_lines
from tracker.extract.criteria import criteria
from tracker.extract.decoding import decode, is_html
from tracker.extract.labelling import read_page
from tracker.extract.labels import HEAD, TITLE, Label, Page, Section, Vocabulary, heading_key
from tracker.model.record import Eligibility, Organisation, TrialRecord
from tracker.model.source import Document, SourceInfo
from tracker.sources.trialx.words import AGES, LISTING
from tracker.text.clean import clean

STATUSES = {
    "Recruiting": "RECRUITING",
    "Active - Recruiting": "RECRUITING",
    "Enrolling": "RECRUITING",
    "Not yet recruiting": "NOT_YET_RECRUITING",
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
SEXES = {
    "All": "ALL",
    "All genders": "ALL",
    "Both": "ALL",
    "Female": "FEMALE",
    "Females": "FEMALE",
    "Male": "MALE",
    "Males": "MALE",
}
_SECTIONS = ("Overview", "Description", "Eligibility", "Study details")
_UNITS = r"(?:years?|months?|weeks?|days?|hours?|minutes?)"
_AGES = tuple(
    re.compile(f"(?:ages? )?{form}", re.IGNORECASE)
    for form in (
        rf"(?P<low>\d{{1,3}})\s*(?P<low_unit>{_UNITS})?\s*(?:-|–|to)\s*(?P<high>\d{{1,3}})\s*(?P<unit>{_UNITS})(?: old)?",
        rf"(?P<low>\d{{1,3}})\s*\+\s*(?P<unit>{_UNITS})",
        rf"(?P<low>\d{{1,3}})\s*(?P<unit>{_UNITS})\s*(?:\+|(?:old )?(?:and|or) (?:older|over|above|up))",
        rf"(?:up to|under|≤)\s*(?P<high>\d{{1,3}})\s*(?P<unit>{_UNITS})",
        r"all ages",
    )
)
_AGES_SHAPE = re.compile("|".join(re.sub(r"\?P<\w+>", "?:", form.pattern) for form in _AGES), re.IGNORECASE)
_PHASE = re.compile(r"(?:Early )?Phase (?:N/?A|[0-4](?:\s*[/-]\s*(?:Phase )?[0-4])?|I{1,3}V?|IV)", re.IGNORECASE)
_NCT = re.compile(r"NCT\d{8}")
_DATE = re.compile(r"\d{1,2} [A-Z][a-z]+\.? \d{4}|[A-Z][a-z]+\.? \d{1,2}, \d{4}|\d{4}-\d\d-\d\d")
_CANONICAL = re.compile(
    r"<(?:link|meta)\b[^<>]{0,300}(?:canonical|og:url)[^<>]{0,300}?/clinical-trials/listings/(\d+)/", re.IGNORECASE
)


def _one_of(texts: Sequence[str] | dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, texts)), re.IGNORECASE)


STATUS, SEX, PHASE = "recruitment status", "sex", "phase"
NUMBER, SPONSOR, DATE = "registry number", "sponsor", "date shown by the site"

VOCABULARY = Vocabulary(
    head=Section(
        HEAD,
        positional=True,
        labels=(
            Label(STATUS, shape=_one_of(STATUSES), written=False),
            Label(AGES, shape=_AGES_SHAPE, written=False),
            Label(SEX, shape=_one_of(SEXES), written=False),
            Label(PHASE, shape=_PHASE, written=False),
        ),
    ),
    sections=(
        Section("Overview"),
        Section("Description"),
        Section("Eligibility"),
        Section(
            "Study details",
            positional=True,
            labels=(
                Label(NUMBER, shape=_NCT, written=False, strict=True),
                Label(SPONSOR, written=False),
                Label(DATE, shape=_DATE, written=False),
            ),
        ),
        Section(
            "Contact form",
            also=(
                "Step 1 Get in touch with the nearest study center",
                "Step 1",
                "Get in touch with the nearest study center",
                "Send a message",
                "Other languages supported:",
            ),
            ignored="contact form",
        ),
        Section("Primary Contact", also=("Investigator Avatar",), ignored="contact person"),
        Section("FAQs", ignored="general questions and answers"),
        Section("Add a private note", ignored="notes feature"),
    ),
    boilerplate=frozenset(
        {
            "Image",
            "Powered by AI",
            "Would you like to be notified about other trials? Sign up for Patient Notification Services.",
            "Would you like to be notified about other trials?",
            "Sign up for Patient Notification Services.",
            "Sign up",
            "Enter your contact details to connect with study team",
            "First name*",
            "Last name*",
            "Email*",
            "Phone number*",
            "Other language",
            "Learn more about clinical trials",
            "What is a clinical trial?",
            "A clinical trial is a study designed to test specific interventions or treatments' effectiveness and safety, "
            "paving the way for new, innovative healthcare solutions.",
            "Why should I take part in a clinical trial?",
            "Participating in a clinical trial provides early access to potentially effective treatments and directly "
            "contributes to the healthcare advancements that benefit us all.",
            "How long does a clinical trial take place?",
            "The duration of clinical trials varies. Some trials last weeks, some years, depending on the phase and intention "
            "of the trial.",
            "Do I get compensated for taking part in clinical trials?",
            "Compensation varies per trial. Some offer payment or reimbursement for time and travel, while others may not.",
            "How safe are clinical trials?",
            "Clinical trials follow strict ethical guidelines and protocols to safeguard participants' health. They are "
            "closely monitored and safety reviewed regularly.",
            "abc Select a piece of text.",
            "abc",
            "Select a piece of text.",
            "Add notes visible only to you.",
            "Send it to people through a passcode protected link.",
        }
    ),
    fillings=(
        re.compile(
            r"We have submitted the contact information you provided to the research team at .+\. "
            r"A copy of the message has been sent to your email for your records\."
        ),
    ),
)


def read(info: SourceInfo, document: Document) -> tuple[TrialRecord, Page]:
    """The record and the placed page, which says what was ignored and what was left over."""
    pages.refuse_unreadable(document)
    page = _placed(read_lines(document.body, document.content_type))
    _check_fingerprint(info, document, page)
    match = LISTING.search(document.url)
    listing = f"{info.key}:{match[1]}" if match else ""
    if listing and document.trial and listing != document.trial:
        raise pages.wrong_trial(document, listing)
    title = page.value(HEAD, TITLE, expected=True)
    status = _status(page)
    low, high = _ages(page)
    sex = page.value(HEAD, SEX, expected=True)
    phase = page.value(HEAD, PHASE, expected=True)
    _ignore_rest(page)
    pages.note_replacements(page, document)
    text = pages.paragraphs(entry.marked for entry in page.texts("Eligibility"))
    eligibility = Eligibility(
        criteria=criteria(text) if text else None,
        minimum_age=low,
        maximum_age=high,
        sex=pages.word_of(page, sex, SEXES, f"{HEAD} / {SEX}"),
    )
    record = TrialRecord(
        trial=document.trial or listing or _unlisted(_number(page)),
        url=re.split(r"[?#]", document.url)[0] or None,
        brief_title=clean(title) if title else None,
        **status,
        phases=_phases(page, phase),
        brief_summary=pages.paragraphs(entry.marked for entry in page.texts("Overview")),
        detailed_description=pages.paragraphs(entry.marked for entry in page.texts("Description")),
        eligibility=eligibility if eligibility != Eligibility() else None,
        **_study_details(page),
    )
    return record, page


def sniff(info: SourceInfo, body: bytes) -> str | None:
    """The key of a listing, served or saved. A saved text does not know its listing number: its NCT number stands in."""
    page = _placed(read_lines(body, ""))
    own = {"Powered by AI", "Learn more about clinical trials", "Enter your contact details to connect with study team"}
    ours = page.has("Study details") or any(line in own for line, _ in page.ignored)
    if not (page.has("Overview") and ours and (_number(page) or page.value(HEAD, TITLE))):
        return None
    match = _CANONICAL.search(decode(body)) if is_html(body, "") else None
    return f"{info.key}:{match[1]}" if match else _unlisted(_number(page))


def _check_fingerprint(info: SourceInfo, document: Document, page: Page) -> None:
    """A served page without its anchors is another page, a redesign or an outage: none of them is news."""
    if sum(page.has(section) for section in _SECTIONS) < 2:
        raise pages.layout_error(document, f"sections that {info.title} gives its listings")
    if pages.is_served(document):
        shapes = sum(entry.section == HEAD and entry.how == "shape" for entry in page.entries)
        if not any((entry.section, entry.label) == (HEAD, TITLE) for entry in page.entries):
            raise pages.layout_error(document, "title")
        if _number(page) is None and shapes < 2:
            raise pages.layout_error(document, "NCT number and no lines of status, ages, sex and phase")


def _placed(lines: Sequence[Line]) -> Page:
    return read_page(lines, VOCABULARY, _title_line(lines))


def _title_line(lines: Sequence[Line]) -> str | None:
    """The head's line that stands twice, else its main heading, else its first line that is none of the four shapes."""
    starts = [number for number, line in enumerate(lines) if heading_key(line.text) in map(heading_key, _SECTIONS)]
    head = [line for line in lines[: starts[0] if starts else 0] if not VOCABULARY.is_boilerplate(line.text)]
    head = [line for line in head if not any(label.fits(line.plain) for label in VOCABULARY.head.labels)]
    times = Counter(line.text for line in head)
    twice = next((text for text, count in times.items() if count > 1), None)
    main = next((line.text for line in head if line.level == 1), None)
    return twice or main or next(iter(times), None)


def _number(page: Page) -> str | None:
    return next((entry.text for entry in page.entries if entry.label == NUMBER), None)


def _unlisted(number: str | None) -> str:
    return f"trialx:{number or 'unknown'}"


def _status(page: Page) -> dict[str, Any]:
    given = page.value(HEAD, STATUS, expected=True)
    known = pages.known_word(given, STATUSES) if given else None
    if given and not known:
        page.issue("unknown_word", f"{HEAD} / {STATUS}", given)
    return {"recruitment_status": known or (given and "OTHER"), "recruitment_status_as_given": given and clean(given)}


def _ages(page: Page) -> tuple[str | None, str | None]:
    """Ages as the registry writes them: "18-69 years" is "18 Years" to "69 Years"."""
    given = page.value(HEAD, AGES, expected=True)
    match = next((match for form in _AGES if given and (match := form.fullmatch(given))), None)
    if given and match is None:
        page.issue("unreadable_value", f"{HEAD} / {AGES}", given)
    parts = match.groupdict() if match else {}
    unit = parts.get("unit") or ""
    return _age(parts.get("low"), parts.get("low_unit") or unit), _age(parts.get("high"), unit)


def _age(number: str | None, unit: str) -> str | None:
    unit = unit.rstrip("sS").title()
    return number and f"{int(number)} {unit}{'' if int(number) == 1 else 's'}"


def _phases(page: Page, given: str | None) -> tuple[str, ...] | None:
    """The phases: "Phase N/A" is NA, "Phase 1/Phase 2" is both."""
    if given is None:
        return None
    if not _PHASE.fullmatch(given):
        page.issue("unknown_word", f"{HEAD} / {PHASE}", given)
        return (clean(given),)
    roman = {"IV": "4", "III": "3", "II": "2", "I": "1"}
    said = given.upper().replace("EARLY ", "").replace("PHASE", "").replace("N/A", "NA").split("/")
    early = "EARLY_" if given.upper().startswith("EARLY") else ""
    numbers = [part.strip() for piece in said for part in piece.split("-")]
    return tuple("NA" if number == "NA" else f"{early}PHASE{roman.get(number, number)}" for number in numbers)


def _study_details(page: Page) -> dict[str, Any]:
    """Conditions stand before the registry number, the sponsor between it and the date."""
    section = "Study details"
    number = page.value(section, NUMBER, expected=True)
    at = next((entry.number for entry in page.entries if entry.label == NUMBER), -1)
    conditions = []
    for entry in page.texts(section):
        if entry.number < at:
            conditions.append(clean(entry.text))
        else:
            page.unplaced(entry)
    sponsor = page.value(section, SPONSOR, expected=True)
    date = page.value(section, DATE, expected=True)
    return {
        "nct_number": number,
        "conditions": tuple(conditions) or None,
        "lead_sponsor": Organisation(name=clean(sponsor)) if sponsor else None,
        "page_date": pages.date_of(page, date, f"{section} / {DATE}"),
    }


def _ignore_rest(page: Page) -> None:
    """What the site says on every page, and whom it names as contact; a line unknown there is told without its words."""
    for section in VOCABULARY.sections:
        for entry in page.all(section.name) if section.ignored else ():
            if section.ignored == "contact person":
                page.ignore(entry, section.ignored)
            else:
                page.unplaced(entry, personal=section.ignored == "contact form")
