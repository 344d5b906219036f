"""What ``tracker init`` asks, or takes from its options: where messages go, through which server, and what is followed."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click
import msgspec

from tracker.cli import arguments
from tracker.config.providers import PROVIDERS, provider_of
from tracker.config.template import PASSWORD, Answers, Place, Server, template
from tracker.errors import ConfigError, TrackerError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tracker.cli.app import App
    from tracker.config.settings import Security

PROVIDER_NAMES = (*PROVIDERS, "own")
NEW_TOPIC = "new"
"""Stands for a topic of ntfy that is made up here: whoever knows a topic can read it."""

_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_PASSWORD_NAME = "SMTP_PASSWORD"  # the name of a variable
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``tracker init`` that say what the configuration holds."""

    search: str | None = None
    trials: tuple[str, ...] = ()
    mail: str | None = None
    provider: str | None = None
    host: str | None = None
    port: int | None = None
    security: Security | None = None
    user: str | None = None
    push: str | None = None
    second: str | None = None
    near: str | None = None
    km: float | None = None

    @property
    def said(self) -> list[str]:
        """The options that were used."""
        return [f"--{'trial' if name == 'trials' else name}" for name, value in msgspec.structs.asdict(self).items() if value]


def from_options(app: App, given: Given) -> Answers:
    """The answers that options give. Raises UsageError for options that say nothing without another."""
    lonely = [option for option in given.said if option in ("--provider", "--host", "--port", "--security", "--user")]
    if lonely and not given.mail:
        raise UsageError(f"{lonely[0]} is about the mail server: give the address that mail goes to as well, by --mail.")
    if given.km is not None and not given.near:
        raise UsageError("--km is the distance from a place: give the place as well, by --near.")
    if given.provider == "own" and not given.host:
        raise UsageError('The provider "own" needs the name of your mail server: give it by --host.')
    answers = _following(app, Answers(), given.trials)
    return msgspec.structs.replace(
        answers,
        search=given.search,
        mail=given.mail,
        server=_server(given),
        push=_topic(given.push) if given.push else None,
        second=given.second,
        near=_place(given.near, given.km or 100) if given.near else None,
    )


def ask(app: App, path: Path, given: Given, answers: Answers) -> Answers:
    """Ask for what no option said. Each answer is checked as it is given; an empty one leaves it out."""
    click.echo(
        f"This writes {path}. Press Enter to leave an answer out, Ctrl-C to stop; everything can be changed there later.\n"
    )
    form = _Form(app, path, answers)
    if not given.mail:
        form.ask("Mail address for alerts and digests", lambda text: {"mail": text})
        guess = provider_of(form.answers.mail or "")
        given = msgspec.structs.replace(given, mail=form.answers.mail, provider=given.provider or guess)
    if given.mail:
        form.answers = msgspec.structs.replace(form.answers, server=_ask_server(given))
    if not given.push and not given.second:
        _ask_for_second_way(form)
    if not given.search and not given.trials:
        form.ask(
            "First trial or search: a number such as NCT07177911, or the address of a search in the browser",
            lambda text: _trial_or_search(app, text),
        )
    if not given.near:
        form.ask(
            "Place that trials shall be near, such as 80331 München, Germany",
            lambda text: {"near": _place(text, given.km or 100)},
        )
        if form.answers.near and given.km is None:
            near = form.answers.near
            form.ask("Within how many km [100]", lambda text: {"near": msgspec.structs.replace(near, km=_number(text))})
    click.echo("")
    return form.answers


class _Form:
    """The answers so far; one that would make the configuration wrong is not taken."""

    def __init__(self, app: App, path: Path, answers: Answers) -> None:
        self.app, self.path, self.answers = app, path, answers

    def ask(self, question: str, read: Callable[[str], Mapping[str, object]]) -> None:
        """Ask until the answer is right or empty."""
        while text := _typed(question):
            try:
                answers = msgspec.structs.replace(self.answers, **read(text))
                self.app.check(template(answers), self.path)
            except ConfigError as error:
                for mistake in error.mistakes:
                    click.echo(f"  {mistake.partition('): ')[2] or mistake}")
            except TrackerError as error:
                click.echo(f"  {error}")
            else:
                self.answers = answers
                return


def _typed(question: str) -> str:
    return str(click.prompt(question, default="", show_default=False)).strip()


def _ask_server(given: Given) -> Server | None:
    """The mail server of the address, with its password where one is typed; None leaves the server on this machine."""
    names = ", ".join(PROVIDER_NAMES)
    while not given.host:
        name = _typed(f"Mail provider ({names}) [{given.provider or 'none'}]").lower() or given.provider
        if name not in (*PROVIDER_NAMES, None):
            click.echo(f"  There is no provider {name} here: {names}. With any other, take own.")
            continue
        given = msgspec.structs.replace(given, provider=name)
        if name == "own":
            host = _typed("Name of your mail server, such as smtp.example.org [localhost]") or "localhost"
            security = _ask_security(host)
            given = msgspec.structs.replace(given, host=host, security=security, port=_ask_port(_PORTS[security]))
        break
    server = _server(given)
    if server is None or server.password or server.security == "none":
        return server
    for line in _password_lines(given.provider, server):
        click.echo(f"  {line}")
    password = str(click.prompt("Password (not shown)", default="", show_default=False, hide_input=True)).strip()
    return msgspec.structs.replace(server, password=password or None)


def _ask_security(host: str) -> Security:
    usual: Security = "none" if host in ("localhost", "127.0.0.1", "::1") else "starttls"
    return click.prompt("Security", type=click.Choice(list(_PORTS)), default=usual)


def _ask_port(usual: int) -> int:
    return int(click.prompt("Port", type=click.IntRange(1, 65_535), default=usual))


def _ask_for_second_way(form: _Form) -> None:
    """With mail: who hears that mail fails. Without: a phone, which needs no mail server."""
    if form.answers.mail:
        question = "A second way to you, for the word that mail fails: ntfy (push to a phone, no account), or a service's URL"
    else:
        question = "No mail. A way that needs no mail server: ntfy (push to a phone, no account), or a service's URL"
    form.ask(question, _way)
    if form.answers.push and not form.answers.mail:
        form.ask("A second way to you, for the word that the first fails: a service's URL", lambda text: {"second": text})


def _way(text: str) -> Mapping[str, object]:
    return {"push": _topic(NEW_TOPIC)} if text.lower() in ("ntfy", "y", "yes") else {"second": text}


def _trial_or_search(app: App, text: str) -> Mapping[str, object]:
    from tracker import sources
    from tracker.config.trials import study_number

    infos = {key: source.info for key, source in app.sources.items()}
    address = _ADDRESS.match(text) or re.match(r"[\w.-]+\.[a-z]+/", text, re.IGNORECASE)
    if address and not study_number(text, infos) and not sources.page_of(text, {}, app.page_sites):
        return {"search": text if _ADDRESS.match(text) else f"https://{text}"}
    found = _following(app, Answers(), (text,))
    return {"trials": found.trials, "pages": found.pages}


def _following(app: App, answers: Answers, texts: tuple[str, ...]) -> Answers:
    """Trials and pages however they were typed."""
    wanted = arguments.as_written(app, texts)
    pages = tuple(text for text in wanted if _ADDRESS.match(text))
    return msgspec.structs.replace(answers, trials=tuple(text for text in wanted if text not in pages), pages=pages)


def _server(given: Given) -> Server | None:
    """The mail server that options or answers name: a provider's, their own, or none at all."""
    if not given.mail:
        return None
    password = PASSWORD if os.environ.get(_PASSWORD_NAME) else None
    provider = PROVIDERS.get(given.provider or ("" if given.host else provider_of(given.mail) or ""))
    host = given.host or (provider.host if provider else None)
    if host is None:
        return None
    security: Security = given.security or (provider.security if provider else "starttls")
    port = given.port or (provider.port if provider and not given.security else _PORTS[security])
    page = provider.page if provider else ""
    return Server(host=host, port=port, security=security, user=given.user or given.mail, password=password, page=page)


def _password_lines(provider: str | None, server: Server) -> list[str]:
    known = PROVIDERS.get(provider or "")
    if known is None:
        return [f"{server.host} may want a password. It is written into the configuration, which only you can read."]
    return [
        f"{known.title} wants a password made for this program: {known.page}",
        *([known.remark] if known.remark else []),
        "It is written into the configuration, which only you can read.",
    ]


def _topic(text: str) -> str:
    if text == NEW_TOPIC:
        return f"trials-{secrets.token_hex(8)}"
    if not _TOPIC.match(text):
        raise UsageError("A topic of ntfy is up to 64 letters, digits, - and _.", remedy="Take `new` for one made up here.")
    return text


def _place(text: str, km: float) -> Place:
    """``80331 München, Germany`` as place and country; a name after the comma that is no country belongs to the place."""
    from tracker.geo.countries import country_code

    place, comma, country = (part.strip() for part in text.rpartition(","))
    if comma and country_code(country):
        return Place(place=place, country=country, km=km)
    return Place(place=text.strip(), km=km)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ".").removesuffix("km").strip())
    except ValueError:
        raise UsageError("Write a number, such as 50.") from None


def to_do(answers: Answers, path: Path) -> list[str]:
    """What the user has still to do outside, and what comes next."""
    lines = []
    server = answers.server
    if answers.mail and server is None:
        lines.append(f"Mail goes through the mail server of this machine: name another under [mail] in {path}.")
    if server and server.password is None and server.security != "none":
        page = f" one made for programs, at {server.page}," if server.page else ""
        lines.append(f"{server.host} wants a password:{page} goes under [mail] in {path}; take the two # there away.")
    known = next((one for one in PROVIDERS.values() if server and one.host == server.host), None)
    if known and known.remark:
        lines.append(known.remark)
    if answers.push:
        lines.append(f"Push: install the app ntfy on the phone and follow the topic {answers.push}. Who knows it can read it.")
    following = "" if answers.search or answers.trials or answers.pages else "put in your trials (`tracker add NCT…`), then "
    return [*lines, f"Next: {following}`tracker doctor --mail` tries it all, `tracker sync` begins."]


def on_terminal(app: App) -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not app.shared.json
