"""No secret is printed, logged, told in an error or kept in the database, whatever the command and whatever fails."""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import publish
from tests.cli.program import command, environment, inside, process
from tests.world import World, study
from tracker import clock
from tracker.cli import COMMANDS

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # what apprise brings along

A = "NCT00000101"
SECRETS = {
    name: f"{name.replace('_', '-')}-9f2c71"
    for name in (
        "smtp_password",
        "hook_token",
        "chat_password",
        "chat_token",
        "ping_token",
        "store_password",
        "proxy",
        "web_token",
    )
}
VARIABLES = {
    "SMTP_PASSWORD": "smtp_password",
    "HOOK_TOKEN": "hook_token",
    "CHAT_PASSWORD": "chat_password",
    "CHAT_TOKEN": "chat_token",
    "PING": "ping_token",
    "WEB_TOKEN": "web_token",
}
"""The secret that each variable of the environment holds."""
ARGUMENTS: dict[str, list[tuple[str, ...]]] = {
    "add": [("NCT00000102",)],
    "backup": [("copy.db",)],
    "channel": [("test", "hook"), ("test", "chat"), ("test", "mail"), ("test", "none")],
    "completion": [("bash",)],
    "demo": [],  # a world of its own, with no secret of ours; it is tried where it is told of
    "diff": [(A,)],
    "digest": [("--format", "eml"), ("--send", "hook"), ("--send", "mail")],
    "doctor": [(), ("--mail",), ("--live",)],
    "mcp": [],  # answers what it is asked, until its input ends
    "outbox": [(), ("retry",)],
    "release": [("1",)],
    "remove": [("NCT00000102",)],
    "run": [],  # has a test of its own: it does not end by itself
    "serve": [],  # so has this
    "show": [(A,)],
    "silence": [(), (A,)],
    "sync": [(), ("--full",)],
}
COUNTS = itertools.count(200, 200)
"""Numbers of participants, each a notable change from the one before."""
CALLS = [(name, *args) for name in COMMANDS for args in ARGUMENTS.get(name, [()])]
"""Every command of the program; one that is added is tried without arguments."""


class Refusing(BaseHTTPRequestHandler):
    """A web server that refuses everything, and says what it was asked and with which credentials."""

    def refuse(self) -> None:
        body = b"refused"
        self.send_response(500, "refused")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = refuse

    def log_message(self, format: str, *args: object) -> None:
        pass


class NoMail(StreamRequestHandler):
    """A mail server that takes nobody's password."""

    answers: ClassVar = {b"EHLO": b"250-here\r\n250 AUTH PLAIN LOGIN\r\n", b"AUTH": b"535 5.7.8 bad credentials\r\n"}

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        with contextlib.suppress(OSError):
            for line in self.rfile:
                self.wfile.write(self.answers.get(line[:4].upper(), b"535 5.7.8 bad credentials\r\n"))


@contextlib.contextmanager
def serving(server: TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A followed trial, and channels, a mail server and a dead-man switch with secrets, none of which works."""
    ThreadingTCPServer.daemon_threads = True
    with (
        World(tmp_path_factory.mktemp("secrets")) as made,
        serving(ThreadingHTTPServer(("127.0.0.1", 0), Refusing)) as web,
        serving(ThreadingTCPServer(("127.0.0.1", 0), NoMail)) as mail,
    ):
        made.studies = {A: study(A)}
        made.configure("")
        text = made.config.read_text("utf-8") + watches(web)
        login = f'port = {mail}\nuser = "me"\npassword = "${{SMTP_PASSWORD}}"'
        text = re.sub(r"port = \d+", lambda _: login, text, count=1)
        made.config.write_text(
            text.replace('channel = "operator"', f'channel = "operator"\nping = "http://127.0.0.1:{web}/${{PING}}"')
        )
        publish(made)
        yield made


class Served(NamedTuple):
    """Where the pages are, and what the command that serves them says."""

    address: str
    log: Path

    def ask(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status, and head and body."""
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.address).port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, str(answer.getheaders()).encode() + answer.read()


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[Served]:
    """The pages of the world, by the command, behind a token."""
    values = {name: SECRETS[secret] for name, secret in VARIABLES.items()}
    log, config = world.folder / "serve.log", world.folder / "serve.toml"
    config.write_text(f'{world.config.read_text("utf-8")}\n[web]\ntoken = "${{WEB_TOKEN}}"\n')
    process("--config", world.config, "sync", folder=world.folder, environ=values)
    with log.open("w") as said:
        args = ["--config", config, "-vv", "serve", "--bind", "127.0.0.1:0"]
        started = subprocess.Popen(command(args), env=environment(values), stdout=said, stderr=said)
        try:
            until(lambda: "The pages are at" in log.read_text() or started.poll() is not None, "the pages")
            yield Served(log.read_text().partition("The pages are at ")[2].split()[0], log)
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(60)


def watches(web: int) -> str:
    sends = "".join(f'[[watch.send]]\nto = "{name}"\nwhen = "immediate"\n' for name in ("hook", "chat", "mail"))
    return f"""
[[channel]]
name = "hook"
url = "hook+http://127.0.0.1:{web}/${{HOOK_TOKEN}}?token=${{HOOK_TOKEN}}"
[[channel]]
name = "chat"
url = "json://me:${{CHAT_PASSWORD}}@127.0.0.1:{web}/${{CHAT_TOKEN}}"
[[channel]]
name = "mail"
url = "mailto:other@example.org"
[[watch]]
name = "mine"
trials = ["{A}"]
{sends}"""


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment that the configuration reads its secrets from."""
    values = {name: SECRETS[secret] for name, secret in VARIABLES.items()}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def leaks(said: str | bytes) -> list[str]:
    """The secrets that stand in an output, as they are or as a server is told them."""
    data = said if isinstance(said, bytes) else said.encode()
    return [name for name, value in SECRETS.items() if value.encode() in data or any(part in data for part in _encoded(value))]


def _encoded(value: str) -> Iterator[bytes]:
    """What of the value stands in any base64 that holds it: it may begin at any of three places of a group."""
    for shift in range(3):
        yield base64.b64encode(b"?" * shift + value.encode())[4:-4]


@pytest.mark.parametrize("how", [("-vv",), ("-vv", "--json")], ids=["for people", "for machines"])
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_no_command_prints_a_secret(
    world: World, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...], how: tuple[str, ...]
) -> None:
    monkeypatch.chdir(world.folder)
    if call[0] in ("outbox", "digest", "sync"):
        changed(world)
    ended = inside("--config", world.config, *how, *call)
    assert leaks(ended.out + ended.err) == []
    assert leaks(kept(world)) == [], "nor is one kept"


def changed(world: World) -> None:
    """Something happened, so that something is to be sent."""
    world.amend(A, designModule__enrollmentInfo={"count": next(COUNTS), "type": "ESTIMATED"})
    world.now = clock.now()
    publish(world)
    inside("--config", world.config, "sync")


def kept(world: World) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(world.folder.glob("tracker.db*")))


def test_the_secrets_were_in_use(world: World, environ: dict[str, str]) -> None:
    """What was tried above failed at the servers and not before: the messages wait, and say why."""
    inside("--config", world.config, "sync")
    changed(world)
    waiting = inside("--config", world.config, "outbox", "--json").json["messages"]
    reasons = " ".join(message["last_error"] for message in waiting)
    assert "answered 500" in reasons
    assert "535" in reasons
    assert {message["channel"] for message in waiting} >= {"hook", "chat", "mail"}


@pytest.mark.parametrize("call", [call for call in CALLS if call[0] != "completion"], ids=" ".join)
def test_no_command_prints_a_secret_of_a_wrong_configuration(
    world: World, environ: dict[str, str], tmp_path: Path, call: tuple[str, ...]
) -> None:
    """Mistakes all around the secrets: each is quoted as far as it is none."""
    wrong = tmp_path / "wrong.toml"
    text = world.config.read_text("utf-8").replace("sqlite:///", f"oracle://me:{SECRETS['store_password']}@")
    text = text.replace('security = "none"', 'security = "${SMTP_PASSWORD}"').replace(
        'when = "immediate"', 'when = "${HOOK_TOKEN}"'
    )
    wrong.write_text(text + '\n[unknown]\nkey = "${PING}"\n[[channel]]\nname = "${CHAT_TOKEN}"\nurl = "${CHAT_PASSWORD}"\n')
    for how in ("-vv", "--json"):
        ended = inside("--config", wrong, how, *call)
        assert ended.code == 2
        assert leaks(ended.out + ended.err) == []


@pytest.mark.parametrize("call", [call for call in CALLS if call[0] != "completion"], ids=" ".join)
def test_no_command_prints_the_password_of_a_database_out_of_reach(
    world: World, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...]
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.chdir(world.folder)
    remote = world.folder / "remote.toml"
    address = f'url = "postgresql+psycopg://me:{SECRETS["store_password"]}@127.0.0.1:1/tracker"'
    remote.write_text(re.sub(r'url = "sqlite[^"]*"', address, world.config.read_text("utf-8")))
    for how in ("-vv", "--json"):
        ended = inside("--config", remote, how, *call)
        assert leaks(ended.out + ended.err) == []


def test_no_command_prints_the_password_of_a_proxy(world: World, environ: dict[str, str]) -> None:
    """A registry that is asked through a proxy which refuses; a name of no address keeps the rest of the net out."""
    proxied = world.folder / "proxied.toml"
    text = re.sub(r'base_url = "[^"]*"', 'base_url = "http://registry.invalid"', world.config.read_text("utf-8"))
    proxied.write_text(text.replace("pace = 1000", "pace = 1000", 1))
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Refusing)) as port:
        proxy = f"http://me:{SECRETS['proxy']}@127.0.0.1:{port}"
        variables = {**environ, "http_proxy": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
        ended = process("--config", proxied, "-vv", "doctor", folder=world.folder, environ=variables)
    assert ended.code != 0
    assert leaks(ended.out + ended.err) == []


def test_the_daemon_logs_no_secret(world: World, environ: dict[str, str]) -> None:
    log, config = world.folder / "daemon.log", world.folder / "daemon.toml"
    config.write_text(world.config.read_text("utf-8").replace("tracker.db", "tracker.db2"))  # nothing of it was tried before
    with log.open("w") as err:
        started = subprocess.Popen(
            command(["--config", config, "-vv", "run"]), env=environment(environ), stdout=subprocess.DEVNULL, stderr=err
        )
        try:
            until(lambda: "message_waits" in log.read_text() or "message_given_up" in log.read_text())
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(60)
    assert leaks(log.read_text()) == []
    assert leaks(kept(world)) == []


def test_an_assistant_is_told_no_secret(world: World, environ: dict[str, str]) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    asked: list[dict[str, Any]] = [{"id": 0, "method": "initialize", "params": hello}, {"method": "notifications/initialized"}]
    tools = ("health", "watches", "trials", "deadlines")
    asked += [{"id": at, "method": "tools/call", "params": {"name": tool, "arguments": {}}} for at, tool in enumerate(tools, 1)]
    lines = "".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in asked)
    inside("--config", world.config, "sync")
    log = world.folder / "mcp.log"
    with log.open("w") as said:
        started = subprocess.Popen(
            command(["--config", world.config, "-vv", "mcp"]),
            env=environment(environ),
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            text=True,
        )
        try:
            assert started.stdin is not None
            started.stdin.write(lines)
            started.stdin.flush()
            until(
                lambda: log.read_text().count('"structuredContent"') + log.read_text().count('"isError"') >= len(tools),
                "answers",
            )
        finally:
            started.stdin.close()
            started.wait(60)
    assert leaks(log.read_text()) == []


@pytest.mark.parametrize("path", ["/", "/watches", "/health", "/deadlines", "/api/v1/health", "/nowhere", f"/trials/ctgov:{A}"])
def test_no_page_shows_a_secret(served: Served, path: str) -> None:
    said = [served.ask(path, {"Authorization": f"Bearer {SECRETS['web_token']}"}), served.ask(path, {})]
    assert [status for status, _ in said] == [404 if path == "/nowhere" else 200, 401]
    assert [leaks(page) for _, page in said] == [[], []]
    assert leaks(served.log.read_text()) == []


def until(found: object, what: str = "the daemon to deliver") -> None:
    assert callable(found)
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end, f"waited in vain for {what}"
        clock.sleep(0.05)


def test_the_settings_show_no_secret_in_a_traceback(world: World, environ: dict[str, str]) -> None:
    from tracker import events, sources
    from tracker.config import load

    settings = load(
        world.config,
        sources={key: source.info for key, source in sources.load().items()},
        kinds={name: frozenset(kind.effects) for name, kind in events.KINDS.items()},
        environ=environ,
        page_of=sources.page_of,
    )
    assert leaks(repr(settings) + str(settings)) == []
    assert leaks(repr(settings.mail) + repr(settings.operator) + repr(settings.channels)) == []
