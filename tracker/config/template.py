"""The text that ``tracker init`` writes: commented, complete, and working as it is."""

from __future__ import annotations

import json

import msgspec

from tracker.config.settings import Security

_HEAD = """\
# The configuration of tracker. Every key is explained in docs/configuration.md; `tracker check` says whether it is right.
# ${NAME} is read from the environment, everywhere. Paths are taken from the folder of this file.

[store]                                         # where snapshots, events and messages are kept
url = "sqlite:///snapshots/tracker.db"          # or postgresql+psycopg://user:${PGPASSWORD}@host/tracker

[http]
# Every registry and page host that is asked sees this in the User-Agent, and can write to you instead of blocking you. Nothing
# else is taken for it, no address of [mail] either: leave it out unless they may know it. A web page will do as well.
# contact = "you@example.org"

# [sources.ctgov]                               # every source has base_url, pace and enabled
# pace = 0.8                                    # requests a second

"""

_NO_MAIL = """\
# [mail]                                        # the server that sends alerts and digests
# host = "smtp.example.org"
# port = 587
# security = "starttls"                         # starttls, tls or none
# user = "tracker@example.org"
# password = "${SMTP_PASSWORD}"
# from = "Trial tracker <tracker@example.org>"

# [[channel]]                                   # a place messages go to: an address, or the URL of another service
# name = "me"
# url = "mailto:you@example.org"

# [[channel]]                                   # push to a phone by ntfy: any topic that nobody guesses
# name = "phone"
# url = "ntfy://my-trials-3f9a61c2"

# [operator]                                    # who hears when something fails
# channel = "me"
# second = "phone"                              # and where, when "me" takes no messages: a [[channel]] by another way

"""

_MAIL = """\
[mail]                                          # the server that sends alerts and digests{hint}
host = {host}
port = {port}
security = {security:<36} # starttls (port 587), tls (port 465) or none
{mark}user = {user}
{mark}password = {password}{page}
from = {address}

"""

_ME = """\
[[channel]]                                     # a place messages go to: an address, or the URL of another service
name = "me"
url = {url}

"""

_PHONE = """\
[[channel]]                                     # push to a phone: follow this topic in the app ntfy, and keep it to yourself
name = "phone"
url = {url}

"""

_NO_PHONE = """\
# [[channel]]                                   # a second way to you that needs no mail server, such as ntfy
# name = "phone"
# url = "ntfy://…"

"""

_SECOND = """\
[[channel]]                                     # a second way to you
name = "second"
url = {url}

"""

_OPERATOR = """\
[operator]                                      # who hears when something fails
channel = "{channel}"
{mark}second = "{second}"{pad} # and where, when "{channel}" takes no messages: nobody else would tell you

"""

_WATCH = """\
[[watch]]                                       # as many as you like, each with a name of its own
name = {name}
{follows}
# pages = ["https://…"]                         # trial pages of other sites
# query = {{ condition = "lupus", country = "Germany" }}    # a search written as fields; `registries` says of whom it is asked
# registrations = "all"                         # also the same trial's records at other registries; "own" unless given
# everything = true                             # all trials of ClinicalTrials.gov: give it a watch of its own
{near}
# exclude = ["NCT06801119"]                     # never from a search
# kinds = ["recruitment_status_changed", "results_posted"]  # only these changes; all unless given
# about = ["pembrolizumab", "-paediatric"]      # only what has one of the words, and none of those with a minus
"""

_SAMPLE = '    "NCT07177911",                              # put your trials here, or use `tracker add`'

_TRIALS = """\
trials = [
{trials}
]
# trials_file = "trials.csv"                    # or keep them in a table: id, label, and your own group and note if you like
# search = "https://clinicaltrials.gov/search?cond=Lupus&aggFilters=status:rec"   # an address copied from the browser\
"""

_SEARCH = """\
search = {search}
# trials = ["NCT07177911"]                      # trials to follow besides, by number; `tracker add` puts them here
# trials_file = "trials.csv"                    # or keep them in a table: id, label, and your own group and note if you like\
"""

_AT_ONCE = """
[[watch.send]]                                  # what matters most, at once
to = "{to}"
when = "immediate"                              # immediate, daily or weekly
min_severity = "major"                          # minor, notable or major
"""

_IN_DIGEST = """
[[watch.send]]                                  # the rest in the digest
to = "{to}"
when = "daily"
min_severity = "notable"
# separate = true                               # a digest of its own for this watch; all of a channel share one unless given
"""

_NO_SENDS = """
# [[watch.send]]                                # without one, changes are kept and shown, and nobody is told
# to = "me"
# when = "daily"                                # immediate, daily or weekly
# min_severity = "notable"                      # minor, notable or major
# separate = true                               # a message of its own for this watch; all of a channel share one unless given
"""

_TAIL = """
[digest]
at = "07:30"
days = ["mon", "tue", "wed", "thu", "fri"]
timezone = "UTC"                                # such as Europe/Berlin
when_empty = "weekly"                           # always, weekly or never: a proof of life
# group = "watch"                               # what stands together: severity (unless given), watch, or group of trials_file
# evidence = "full"                             # how a change is known: line (unless given) or full, for those who quote it

[schedule]
sync = "6h"                                     # for `tracker run`: 30m, 6h, 1d, or a cron expression in UTC

# [severity]                                    # when your view of a change differs
# "recruitment_status_changed.completed" = "notable"

# [duties]                                      # by which day results are due: the law, and more if you like
# good_practice = true                          # also by the WHO joint statement, a year after primary completion

# [[page]]                                      # a site whose trial pages are read by their labels; `pages` names addresses
# key = "greenfield"
# address = "https://greenfield.example/trials/{number}"

# [[link]]                                      # registrations of one trial that no record names; `refuse = true`: not so
# trials = ["NCT07177911", "2023-590001-11-00"]

[privacy]
contacts = false                                # whether names, telephone numbers and addresses of contacts are shown
"""


_WEB = """
{mark}[web]{blank}# the pages of `tracker serve` and `tracker run --web`
# url = "https://trials.example.org"            # where people reach them: messages link there, and have a link to stop them
{mark}secret = {secret}
"""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server. Without a password the lines for it are commented out; ``page`` is where one is made."""

    host: str
    port: int
    security: Security
    user: str
    password: str | None = None
    page: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a search is to be near."""

    place: str
    country: str | None = None
    km: float = 100


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What the user said; nothing has to be.

    ``search`` and ``pages`` are addresses, ``trials`` numbers, ``mail`` is where alerts and digests go, ``push`` a topic of
    ntfy, ``second`` the URL of another channel for the operator.
    """

    search: str | None = None
    trials: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    mail: str | None = None
    server: Server | None = None
    push: str | None = None
    second: str | None = None
    near: Place | None = None
    secret: str | None = None


PASSWORD = "${SMTP_PASSWORD}"
"""A password that is read from the environment, as it stands in the file."""

_LOCAL = Server(host="localhost", port=25, security="none", user="tracker@example.org")


def template(answers: Answers) -> str:
    """A new config.toml.

    Everything is written as it is given: loading the text reports mistakes in it. The mail address is nobody's but the mail
    server's: it does not become the contact that registries see.
    """
    return _HEAD + _channels(answers) + _watch(answers) + _sends(answers) + _TAIL + _web(answers.secret)


def _web(secret: str | None) -> str:
    """The secret is made once: by it the links are signed with which readers stop messages."""
    mark = "" if secret else "# "
    return _WEB.format(mark=mark, blank=" " * (43 - len(mark)), secret=quoted(secret or "32 letters or more that nobody knows"))


def _channels(answers: Answers) -> str:
    """The mail server, the places messages go to, and who of them is the operator's."""
    first = "me" if answers.mail else "phone" if answers.push else "second"
    if not (answers.mail or answers.push or answers.second):
        return _NO_MAIL
    phone = _PHONE.format(url=quoted(f"ntfy://{answers.push}")) if answers.push else ""
    second = _SECOND.format(url=quoted(answers.second)) if answers.second else ""
    other = "second" if second and first != "second" else "phone" if phone and first != "phone" else ""
    named = other or ("phone" if answers.mail else "second")
    operator = _OPERATOR.format(channel=first, second=named, mark="" if other else "# ", pad=" " * (34 - len(named)))
    mail = _mail(answers.mail, answers.server) if answers.mail else _NO_MAIL.partition("# [[channel]]")[0]
    return mail + (phone + second or _NO_PHONE) + operator


def _mail(address: str, server: Server | None) -> str:
    given = server or _LOCAL
    text = _MAIL.format(
        hint="" if server else ": put your own here",
        host=quoted(given.host),
        port=given.port,
        security=quoted(given.security),
        mark="" if given.password else "# ",
        user=quoted(given.user),
        password=quoted(given.password) if given.password not in (None, PASSWORD) else f'"{PASSWORD}"',
        page=f"                  # made at {given.page}" if given.page else "",
        address=quoted(address),
    )
    return text + _ME.format(url=quoted(f"mailto:{address}"))


def _watch(answers: Answers) -> str:
    trials = "".join(f"    {quoted(number)},\n" for number in answers.trials).rstrip("\n")
    if answers.search:
        follows = _SEARCH.format(search=quoted(answers.search))
        if trials:
            follows += f"\ntrials = [\n{trials}\n]"
    else:
        example = (
            ""
            if answers.pages
            else '    "NCT07177911",                              # put your trials here, or use `tracker add`'
        )
        follows = _TRIALS.format(trials=trials or example).replace("[\n\n]", "[]")
    if answers.pages:
        follows += f"\npages = [{', '.join(map(quoted, answers.pages))}]"
    return _WATCH.format(name=quoted("my search" if answers.search else "my trials"), follows=follows, near=_near(answers.near))


def _near(near: Place | None) -> str:
    given = near or Place(place="80331 München", country="Germany")
    country = f"country = {quoted(given.country)}, " if given.country else ""
    line = f"near = {{ place = {quoted(given.place)}, {country}km = {given.km:g} }}"
    return f"{'' if near else '# '}{line}   # only searches are narrowed, never listed trials"


def _sends(answers: Answers) -> str:
    """Mail takes everything; a phone only what matters most, unless it is all there is."""
    first = "me" if answers.mail else "phone" if answers.push else "second" if answers.second else ""
    if not first:
        return _NO_SENDS
    also = _AT_ONCE.format(to="phone") if answers.push and first == "me" else ""
    return _AT_ONCE.format(to=first) + also + _IN_DIGEST.format(to=first)


def quoted(text: str) -> str:
    """A TOML text that reads back as ``text``, whatever stands in it."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
