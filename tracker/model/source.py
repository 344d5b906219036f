"""What the tracker expects of a source (a registry or a trial page site), and of the fetcher that a source is handed.

The flow: ``listing`` (which trials does a search hold?) and ``retrieve`` (the records themselves) ask through a
`Fetch`; each trial asked for comes back as exactly one `Answer`; ``parse`` turns a document into a record.
``parse`` and ``digest`` are pure: they see the document and nothing else, never the clock or the network.

Every source is a `Source`. It is also `Searchable`, `Locating`, `Versioned`, `Dated`, `Fingerprinted`, `Labelled`,
`FollowsCalendar` or a `PageSource` if it can do what these ask for.
A source's class names all of them as its base classes: then neither mypy nor Python accepts a method that is missing or
misspelt.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO, ClassVar, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.history import OwnHistory, RecordHistory, RegistryVersion
from tracker.model.ids import NCT_REGISTRY, recognise, split_key
from tracker.model.record import Site, TrialRecord
from tracker.model.watch import Near

TlsProfile = Literal["standard library", "requests-like", "tls1.2", "curl-like"]
"""The ClientHello the fetcher sends: that of ``urllib.request``, of ``requests``, of TLS 1.2 only, or the like of ``curl``."""

TlsChoice = Literal["auto", "standard library", "requests-like", "tls1.2", "curl-like"]
"""A profile set by hand, or ``auto``: begin with the standard library's, and try the others where they may help."""

TLS_PROFILES: tuple[TlsProfile, ...] = ("standard library", "requests-like", "tls1.2", "curl-like")
"""In the order in which they are tried."""


CUT_TEXT = "cut_text"
"""The code of an issue where a file ends a text before its end: the version before stands for it, and no layout has changed."""

SourceKind = Literal["registry", "page", "aggregator"]
"""A registry, a site that shows a registry's records, or a collection of the records of many registries."""

NO_LONGER_READABLE = "no_longer_readable"
"""The code of an issue at a place that could be read in the version before."""


class SourceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed about a source.

    ``hosts`` may be asked and redirected to; ``search_hosts`` are those whose pasted search addresses are understood.
    ``anchors`` are the record fields that every healthy answer has. ``digest_version`` is raised when the digest's rule
    changes. ``pace`` is in requests a second.
    ``reads``, ``access`` and ``address`` say in ``docs/registries.md`` what is read, in which way, and where (``base_url``
    unless given).
    ``from_files``: no host is asked; its records come out of files that a person downloads; ``download`` says where.
    ``home`` is the registry whose numbers a page site republishes (its pages are mirrors of that registry's records).
    ``history_page`` is the address where the registry compares versions of a record; ``{number}`` stands for its number.
    ``version_page`` is where it shows one version and ``comparison_page`` where it compares two; ``{a}`` and ``{b}`` stand for
    their numbers counted from 1.
    ``contact_page`` is the address where a record says how to reach the study, written alike; by default the record's own.
    ``results_page`` is where posted results are read, ``document_page`` where a document is kept (``{ending}`` are the number's
    last two digits, ``{filename}`` the document's); nothing where the source has none.
    ``rest_titles`` names the source's own fields that the record does not model, by the last step of their path, as people
    call them. ``rest_echoes`` marks steps of such paths whose values only repeat what the record says of its sites or results.
    ``path_words`` maps record fields to their words in the source's own paths, where these lack the words of the field's name.
    ``duties`` are the legal duties (of `tracker.duties`) that its records can be judged by. ``fades_to_unknown`` says that the
    registry shows trials as UNKNOWN that are past completion and have not been verified for two years. ``dates_every_update``
    says that each version which a sponsor sends moves a date of the record: without one, the registry changed it.
    ``anchor_places`` are its own paths of what every record has; what cannot be read there is a sign of a new layout.
    ``first_submitted`` is the source's own path of the day on which a trial was first sent in, which the record does not model.
    ``history_sections`` maps the sections that the index of a record's versions names to the record's fields that they hold.
    ``asked_by_default``: a query is asked of it where a watch names no registries.
    ``canary`` is a trial that is known to stay there, by its number, for pages by its address: asked daily, it shows that the
    source is still read as it was. Nothing: a followed page stands in for it.
    ``described``: the configuration says how it is read, so that a new map may not fit what is stored.
    ``overall_status``: its records state one status of the whole trial, not only one of each country.
    ``tls_profiles_may_help`` says that its hosts may answer 403 to one TLS profile and accept another.
    """

    key: str
    title: str
    kind: SourceKind
    base_url: str
    hosts: tuple[str, ...]
    pace: float
    anchors: tuple[str, ...]
    anchor_places: tuple[str, ...] = ()
    reads: str = ""
    access: str = ""
    address: str = ""
    digest_version: int = 1
    home: str | None = None
    described: bool = False
    from_files: bool = False
    download: str = ""
    tls_profiles_may_help: bool = False
    search_hosts: tuple[str, ...] = ()
    search_parameters: frozenset[str] = frozenset()
    query_fields: frozenset[str] = frozenset()
    asked_by_default: bool = False
    attribution: str = ""
    history_page: str = ""
    version_page: str = ""
    comparison_page: str = ""
    contact_page: str = ""
    results_page: str = ""
    document_page: str = ""
    rest_titles: Mapping[str, str] = {}
    rest_echoes: Mapping[str, Literal["sites", "results"]] = {}
    path_words: Mapping[str, str] = {}
    duties: frozenset[str] = frozenset()
    fades_to_unknown: bool = False
    dates_every_update: bool = False
    overall_status: bool = True
    first_submitted: str = ""
    canary: str = ""
    history_sections: Mapping[str, Sequence[str]] = {}

    def understands(self, search: Search) -> bool:
        """Whether a search is one for this source: its address is on the source's hosts, and its fields are the source's."""
        if not (self.search_hosts or self.query_fields):
            return False
        if search.url and urlsplit(search.url).hostname not in self.search_hosts:
            return False
        return self.query_fields.issuperset(search.fields)

    def home_keys(self, trial: str, *numbers: str | None) -> tuple[str, ...]:
        """The keys of the registry's record that a trial of this source repeats; ``numbers`` are those that its record carries.

        An aggregator keeps its trials under the numbers of their registries; pages carry NCT numbers, and stand under others.
        """
        if self.kind == "aggregator":
            found = recognise(split_key(trial).number)
            return (found.key,) if found else ()
        if self.home is None:
            return ()
        carried = numbers if self.home == NCT_REGISTRY else (split_key(trial).number,)
        return tuple(dict.fromkeys(f"{self.home}:{number}" for number in carried if number))

    @property
    def repeats(self) -> bool:
        """Whether its records are other registries' own, so that what these told before is not told again."""
        return self.home is not None or self.kind == "aggregator"

    def version_link(self, number: str, version: int | None) -> str:
        """The registry's page of one version of a record, by its own number (the first is 0); nothing without one."""
        return _paged(self.version_page, number, version, version)

    def comparison_link(self, number: str, old: int | None, new: int | None) -> str:
        """The registry's page that compares two versions of a record, as above."""
        return _paged(self.comparison_page, number, old, new)


def _paged(page: str, number: str, one: int | None, other: int | None) -> str:
    if not page or one is None or other is None:
        return ""
    return page.replace("{number}", number).replace("{a}", str(one + 1)).replace("{b}", str(other + 1))


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded answer of a source, and what must be read from it.

    ``fixture`` is a file in the folder ``tests/fixtures/KEY`` of the source. ``trial`` is the key that the record is asked
    for by. ``expected`` holds some values of the record, by the path of their field (``lead_sponsor.name``).
    ``sniffed`` is what `Source.sniff` says where that is not ``trial``: a saved text may not name its trial.
    ``lacks`` names the anchors that this record has no value for.
    ``volatile`` maps pieces of the file to others that may stand in their place without a new digest.
    """

    fixture: str
    trial: str
    expected: Mapping[str, object]
    sniffed: str | msgspec.UnsetType | None = msgspec.UNSET
    lacks: frozenset[str] = frozenset()
    volatile: Mapping[str, str] = {}


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes one source served for one trial, exactly as served, and what is known of them.

    ``as_of`` is the time the words are to be read at (a page's "today"); ``data_version`` the registry's own date of
    its data (YYYY-MM-DD), if it states one; ``content_type`` as served (decides the decoding of pages).
    """

    source: str
    trial: str
    url: str
    body: bytes
    content_type: str
    fetched_at: datetime
    as_of: datetime
    data_version: str | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a document that could not be read as it should: told once, with an example.

    ``code``: unknown_word, unknown_field, unreadable_date, unreadable_value, missing_shape, unplaced_text; and
    no_longer_readable for an unreadable value at a place that could be read in the version before.
    ``path`` is the place in the source's own terms, ``value`` the text as given (shortened to 200 characters).
    """

    code: str
    path: str
    value: str = ""


class StatedDates(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says of its own age, each as YYYY-MM-DD: the registry's data it was made from, its last update."""

    data_version: str | None = None
    last_update_submitted: str | None = None


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """A hash of a document's bytes without those that move on their own, and the data version that the document states."""

    value: str
    data_version: str | None = None


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A record and what could not be read of it.

    ``nulls`` are the places where something stands that says nothing: absent, unless the version before said something there.
    """

    record: TrialRecord
    issues: tuple[Issue, ...] = ()
    nulls: frozenset[str] = frozenset()


class Validators(msgspec.Struct, frozen=True, kw_only=True):
    """What a server gave us to ask "has it changed?" with."""

    etag: str | None = None
    last_modified: str | None = None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A complete HTTP answer with status 200 or 304; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime

    @property
    def content_type(self) -> str:
        """The content type as served, empty when none was."""
        return self.headers.get("content-type", "")

    @property
    def validators(self) -> Validators:
        """ETag and Last-Modified for the next conditional request."""
        return Validators(etag=self.headers.get("etag"), last_modified=self.headers.get("last-modified"))


class Fetch(Protocol):
    """The polite HTTP client as a source sees it, bound to that source's settings."""

    base_url: str

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        validators: Validators | None = None,
        try_profiles: bool = True,
    ) -> Response:
        """Get an address (relative ones are under ``base_url``); pace, retries, caps and redirects are seen to.

        Without ``try_profiles`` a refusal is not answered with other TLS profiles: it may be about this address alone.

        Raises BlockedError (401, 403, 407, 451, challenge and login pages, robots.txt), StatusError for other unwelcome
        statuses (404 and 410 mean gone), TooLargeError, TransientFetchError when the retries are used up, and a plain
        FetchError for what no retry mends (a foreign host, an untrusted certificate). 304 only comes back for
        ``validators``.
        """
        ...

    def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
        """Post a JSON question that changes nothing at the host; it may be asked again as `get` is, and raises alike.

        A redirect is not followed.
        """
        ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A trial to retrieve: its key, for pages the address, and the validators of the last answer."""

    trial: str
    url: str | None = None
    validators: Validators | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The trial's document. ``canonical`` is another key when the registry answered with the trial it was merged into."""

    trial: str
    document: Document
    validators: Validators | None = None
    canonical: str | None = None


class NotModified(msgspec.Struct, frozen=True, kw_only=True):
    """The server says the page is the one we have."""

    trial: str


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Asked for by its number and not there (left out of a complete answer, 404 or 410)."""

    trial: str
    why: str


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """No usable answer for this trial: nothing is known, nothing changes. ``error`` is a sentence for people."""

    trial: str
    error: str


Answer = Found | NotModified | Absent | Failed


class DataVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The registry's own statement of how new its data are; ``timestamp`` verbatim, ``date`` as YYYY-MM-DD."""

    timestamp: str
    date: str


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search to list: an address pasted from the browser or fields, and the place it is narrowed to."""

    url: str | None = None
    fields: Mapping[str, str] = {}
    near: Near | None = None


class SearchReading(msgspec.Struct, frozen=True, kw_only=True):
    """How a source reads a search before it asks: ``problems`` are sentences, and none means that it can be asked.

    ``left_out`` names what the address holds that says nothing of the search, such as where a link was clicked; ``near`` is
    the circle that the address asks for, which is as good as one given beside it.
    """

    problems: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    near: Near | None = None


class SearchCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many trials a registry counts for a search. ``misread`` are sentences about parts of it that cannot narrow it.

    Every part of a search leaves trials out: one with which the registry counts more trials than without it is not read as
    it is meant.
    """

    total: int
    misread: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a search holds. ``unplaced``: it may be near, but the site that would be cannot be placed."""

    trial: str
    first_posted: RegistryDate | None = None
    last_update_posted: RegistryDate | None = None
    unplaced: bool = False


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A country that a circle reaches into: its ISO code and English name, and the states inside; none means all of it."""

    country: str
    name: str
    states: tuple[str, ...] = ()


class Sited(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a search holds, with its sites as far as placing them needs."""

    listed: Listed
    sites: tuple[Site, ...]


class WholeStudy(msgspec.Struct, frozen=True, kw_only=True):
    """A study of a registry that is read as a whole, with its record where it was asked for.

    ``mark`` is a hash of what the registry changes without a new version of the record: another one means to read it.
    """

    listed: Listed
    mark: str
    found: Found | None = None


class WholePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of studies, read as it is gone through; ``cursor`` is where the next one begins, None behind the last.

    ``total`` is how many studies all pages hold, as far as the registry says so.
    """

    studies: Iterator[WholeStudy]
    cursor: str | None = None
    total: int | None = None


class Source(Protocol):
    """One registry or site. A module in ``tracker/sources/`` ends with ``SOURCE: Source = ...``."""

    info: ClassVar[SourceInfo]
    EXAMPLES: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """Exactly one answer for each trial asked for. Raises only what ends the whole source (BlockedError ...)."""
        ...

    @abstractmethod
    def parse(self, document: Document) -> Parsed:
        """The record. Raises AnswerError (not this trial, not readable) or LayoutError (anchors gone)."""
        ...

    @abstractmethod
    def digest(self, document: Document) -> str:
        """SHA-256 (hex) of what matters in the document: equal digests mean nothing changed. Same errors as parse."""
        ...

    @abstractmethod
    def sniff(self, body: bytes) -> str | None:
        """The trial key if these bytes (a saved payload, page or text) look like this source's, else None."""
        ...


@runtime_checkable
class Searchable(Protocol):
    """A source that lists the trials of a search."""

    @abstractmethod
    def read_search(self, search: Search) -> SearchReading:
        """What is wrong with a search, by the reader that `listing` uses; it asks nobody."""
        ...

    @abstractmethod
    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        """All trials a search holds, in the source's stable order, to the last page; raises rather than end early."""
        ...

    @abstractmethod
    def narrow(self, search: Search, trials: Sequence[str]) -> Search | None:
        """The same search, for these trials only; None if it names its trials already or cannot be narrowed."""
        ...

    @abstractmethod
    def count(self, search: Search, fetch: Fetch) -> SearchCount:
        """How many trials a search holds, by a few small requests: with all its parts, and without each."""
        ...

    @abstractmethod
    def understood(self, search: Search) -> str:
        """The search as it is asked, for people to see what was made of it."""
        ...


@runtime_checkable
class Provable(Protocol):
    """A source whose searches are made of criteria that can be counted one by one: a listing alone does not prove them."""

    @abstractmethod
    def criteria(self, search: Search) -> tuple[tuple[str, str], ...]:
        """What a search asks for, each part by its name at the registry and its value. Raises SearchError."""
        ...

    @abstractmethod
    def count_with(self, criterion: tuple[str, str] | None, fetch: Fetch) -> int:
        """How many trials the registry counts with this one alone; None: how many it has."""
        ...


@runtime_checkable
class Locating(Protocol):
    """A source whose listings can say where the trials' sites are, so that nearness need not be left to its coordinates."""

    @abstractmethod
    def sited(self, search: Search, regions: Sequence[Region], fetch: Fetch) -> Iterator[Sited]:
        """All trials of a search, its circle left aside, that have a site in one of the regions; raises as ``listing``."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A source that says how new its data are: what was read at one version is not asked for again."""

    @abstractmethod
    def data_version(self, fetch: Fetch) -> DataVersion:
        """How new the registry's data are. Raises AnswerError when the answer does not say."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A source whose documents say how new they are, beyond the dates of the record."""

    @abstractmethod
    def stated_dates(self, document: Document) -> StatedDates:
        """The document's own dates; empty where it states none that can be read. Never raises."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A source that can tell from the bytes alone that a document says what another said: most need no more than that."""

    @abstractmethod
    def fingerprint(self, document: Document) -> Fingerprint | None:
        """Equal values mean equal digests; different ones mean nothing. None for bytes it cannot judge. Never raises."""
        ...


@runtime_checkable
class PageSource(Protocol):
    """A site whose trial pages are followed by their address."""

    @abstractmethod
    def key_from_url(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a page's address, on the site itself or under ``base_url``; None if it is not a trial page."""
        ...


class FoundLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says under a label: the record's field, the label (or the selector), and the words as they stand there."""

    field: str
    label: str
    value: str


@runtime_checkable
class Labelled(Protocol):
    """A site whose pages are read by labels that its map may name."""

    @abstractmethod
    def labels(self, document: Document) -> tuple[tuple[FoundLabel, ...], tuple[Issue, ...]]:
        """Which label each field was found under, and what could not be read. Same errors as parse."""
        ...


@runtime_checkable
class Historic(Protocol):
    """A source whose registry keeps the earlier versions of a record."""

    @abstractmethod
    def history(self, trial: str, fetch: Fetch) -> RecordHistory:
        """The index of a trial's versions, by one request. Raises AnswerError where it has another shape than it should."""
        ...

    @abstractmethod
    def past_version(self, trial: str, version: RegistryVersion, fetch: Fetch) -> Document:
        """The record as one version of the index had it; ``as_of`` is since when. Raises FetchError or AnswerError."""
        ...

    @abstractmethod
    def version_number(self, document: Document) -> int | None:
        """The number of the version that a document says it is; None where it does not say. Raises AnswerError."""
        ...

    @abstractmethod
    def version_address(self, trial: str, number: int) -> str:
        """Where the registry shows one version of a record."""
        ...

    @abstractmethod
    def is_past(self, url: str) -> bool:
        """Whether what was served at an address came from the history, which may say less than the present record."""
        ...

    @abstractmethod
    def as_past(self, record: TrialRecord) -> TrialRecord:
        """A record without what the history never says, so that the two can be compared."""
        ...


@runtime_checkable
class SelfDated(Protocol):
    """A source whose records date their own past: statuses, recruitment and applications by day."""

    @abstractmethod
    def own_history(self, document: Document) -> OwnHistory:
        """What a record dates of itself; it asks nobody. Raises AnswerError for what is no record."""
        ...


@runtime_checkable
class Whole(Protocol):
    """A registry that can be read as a whole, page by page: for watches with ``everything = true``."""

    @abstractmethod
    def records(self, fetch: Fetch, data: DataVersion | None, since: str | None, cursor: str | None) -> Iterator[WholePage]:
        """All records, or those updated since a day (YYYY-MM-DD), from behind ``cursor`` on; raises rather than end early."""
        ...

    @abstractmethod
    def sweep(self, fetch: Fetch) -> Iterator[WholePage]:
        """Every study without its record; raises rather than end early."""
        ...


@runtime_checkable
class FollowsCalendar(Protocol):
    """A source whose records read otherwise on another day, though their bytes are the same: ``parse`` goes by ``as_of``."""

    @abstractmethod
    def turning_days(self, record: TrialRecord) -> tuple[date, ...]:
        """The days from which on a record may read otherwise; days without effect do no harm."""
        ...


MADE_AT = "file:made-at"
"""What a source asks the file that is being imported for, to hear when it was made; see `FromFiles`."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One trial's record in a file: its key and bytes. ``stated`` is when the file was made, as the record has it.

    ``latest`` is the latest day that the record names as past: no file is older than what it holds.
    """

    trial: str
    body: bytes
    content_type: str
    stated: str = ""
    latest: date | None = None


class FileTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file that could not be read: ``name`` says which, ``what`` why, in words for people."""

    name: str
    what: str


@runtime_checkable
class FromFiles(Protocol):
    """A source whose records come out of files that a person downloads: exports of many trials, or one saved record."""

    @abstractmethod
    def is_file(self, opening: bytes) -> bool:
        """Whether a file that begins like this is one of the source's. Never raises."""
        ...

    @abstractmethod
    def entries(self, file: BinaryIO) -> Iterator[FileEntry | FileTrouble]:
        """The records of a file, one at a time; what cannot be read is named, and the rest goes on. Never raises."""
        ...

    @abstractmethod
    def made_at(self, stated: Collection[str], latest: date | None, now: datetime) -> DataVersion | None:
        """When a file was made, by what its records state and the latest day that they name; None where it does not say."""
        ...


ABILITIES = (
    Searchable,
    Provable,
    Locating,
    Versioned,
    Dated,
    Fingerprinted,
    PageSource,
    Labelled,
    Historic,
    SelfDated,
    Whole,
    FollowsCalendar,
    FromFiles,
)
"""What a source may be able to do beyond the core."""
