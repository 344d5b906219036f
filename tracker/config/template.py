"""The text that ``tracker init`` writes: commented, complete, and working as it is."""

from __future__ import annotations

import json

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

# [operator]                                    # who hears when something fails
# channel = "me"
# second = "phone"                              # and where, when "me" takes no messages: a [[channel]] by another way

"""

_MAIL = """\
[mail]                                          # the server that sends alerts and digests: put your own here
host = "localhost"
port = 25
security = "none"                               # starttls (port 587), tls (port 465) or none
# user = "tracker@example.org"
# password = "${{SMTP_PASSWORD}}"
from = {address}

[[channel]]                                     # a place messages go to: an address, or the URL of another service
name = "me"
url = {url}

# [[channel]]                                   # a second way to you that needs no mail server, such as ntfy
# name = "phone"
# url = "ntfy://…"

[operator]                                      # who hears when something fails
channel = "me"
# second = "phone"                              # and where, when "me" takes no messages: nobody else would tell you

"""

_WATCH = """\
[[watch]]                                       # as many as you like, each with a name of its own
name = {name}
{follows}
# pages = ["https://…"]                         # trial pages of other sites
# query = {{ condition = "lupus", country = "Germany" }}    # a search written as fields
# near = {{ place = "80331 München", country = "Germany", km = 100 }}   # only searches are narrowed, never listed trials
# exclude = ["NCT06801119"]                     # never from a search
# kinds = ["recruitment_status_changed", "results_posted"]  # only these changes; all unless given
"""

_TRIALS = """\
trials = [
    "NCT07177911",                              # put your trials here, or use `tracker add`
]
# trials_file = "trials.csv"                    # or keep them in a table with the columns id and label
# search = "https://clinicaltrials.gov/search?cond=Lupus&aggFilters=status:rec"   # an address copied from the browser\
"""

_SEARCH = """\
search = {search}
# trials = ["NCT07177911"]                      # trials to follow besides, by number; `tracker add` puts them here
# trials_file = "trials.csv"                    # or keep them in a table with the columns id and label\
"""

_SENDS = """
[[watch.send]]                                  # what matters most, at once
to = "me"
when = "immediate"                              # immediate, daily or weekly
min_severity = "major"                          # minor, notable or major

[[watch.send]]                                  # the rest in the digest
to = "me"
when = "daily"
min_severity = "notable"
"""

_NO_SENDS = """
# [[watch.send]]                                # without one, changes are kept and shown, and nobody is told
# to = "me"
# when = "daily"                                # immediate, daily or weekly
# min_severity = "notable"                      # minor, notable or major
"""

_TAIL = """
[digest]
at = "07:30"
days = ["mon", "tue", "wed", "thu", "fri"]
timezone = "UTC"                                # such as Europe/Berlin
when_empty = "weekly"                           # always, weekly or never: a proof of life

[schedule]
sync = "6h"                                     # for `tracker run`: 30m, 6h, 1d, or a cron expression in UTC

# [severity]                                    # when your view of a change differs
# "recruitment_status_changed.completed" = "notable"

[privacy]
contacts = false                                # whether names, telephone numbers and addresses of contacts are shown
"""


def template(*, search: str | None, mail: str | None) -> str:
    """A new config.toml. ``search`` is an address to follow, ``mail`` the address that alerts and digests go to.

    Both are written as they are given: loading the text reports mistakes in them. The mail address is nobody's but the mail
    server's: it does not become the contact that registries see.
    """
    channels = _MAIL.format(address=quoted(mail), url=quoted(f"mailto:{mail}")) if mail else _NO_MAIL
    follows = _SEARCH.format(search=quoted(search)) if search else _TRIALS
    watch = _WATCH.format(name=quoted("my search" if search else "my trials"), follows=follows)
    return _HEAD + channels + watch + (_SENDS if mail else _NO_SENDS) + _TAIL


def quoted(text: str) -> str:
    """A TOML text that reads back as ``text``, whatever stands in it."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
