"""The security record of one widely used page watcher, read as a list of what must not be possible here.

Addresses that lead into the network around the machine, files and environment read by way of expressions, archives that
unpack over the program, names of files taken from records, third-party text that becomes mark-up, and secrets in logs. Most of
it falls away because only known sites are asked, nothing in a configuration is run, and a record is never anything but text.
"""

from __future__ import annotations

import ast
import http.client
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

import tracker
from tests.cli.program import inside
from tests.failure_modes.conftest import LISTED, SEARCHED, A, B, texts
from tests.lab import Reply, Request
from tests.world import World
from tracker.archive import Archive
from tracker.daemon.monitor import Monitor, health
from tracker.fetch.addresses import PrivateAddressError, SsrfGuard
from tracker.store import Store, migrate

PACKAGE = Path(tracker.__file__).parent
PAGE = "NCT07177911"
SECRET, TOKEN = "sesame-4711", "token-0815"


# --- where it can be sent -------------------------------------------------------------------------------------------


def check(folder: Path, page: str) -> tuple[int, str]:
    """What ``tracker check`` says of a configuration that follows this page."""
    config = folder / "config.toml"
    config.write_text(f"[[watch]]\nname = 'x'\npages = ['{page}']\n", "utf-8")
    ended = inside("--config", config, "check")
    return ended.code, ended.err


def test_a_page_of_a_known_site_can_be_followed(tmp_path: Path) -> None:
    assert check(tmp_path, f"https://meddatax.com/clinical-trials/{PAGE}")[0] == 0


@pytest.mark.parametrize(
    "page",
    [
        "file:///etc/passwd",
        "source:file:///etc/passwd",
        f"file://meddatax.com/clinical-trials/{PAGE}",
        "gopher://meddatax.com/1",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        f"http://localhost/clinical-trials/{PAGE}",
        f"http://[::1]/clinical-trials/{PAGE}",
        f"https://127.0.0.1/clinical-trials/{PAGE}",
        f"https://meddatax.com@127.0.0.1/clinical-trials/{PAGE}",
        f"https://meddatax.com\\@127.0.0.1/clinical-trials/{PAGE}",
        f"https://127.0.0.1\\@meddatax.com/clinical-trials/{PAGE}",
        f"https://127.0.0.1#@meddatax.com/clinical-trials/{PAGE}",
        f"https://meddatax.com.evil.example/clinical-trials/{PAGE}",
        f"https://meddatax.com:8443/clinical-trials/{PAGE}",
        "https://meddatax.com/clinical-trials/../../admin",
        "https://example.org/any/page",
    ],
)
def test_only_pages_of_known_sites_can_be_followed(tmp_path: Path, page: str) -> None:
    """Anything else is refused before it is asked for: there is no "any URL"."""
    code, said = check(tmp_path, page)
    assert code == 2
    assert "pages" in said


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "100.127.255.254", "::1", "fd00::1", "::ffff:100.64.0.1"],
)
def test_a_known_site_whose_name_leads_inside_is_not_asked(address: str) -> None:
    """The networks of carriers and clouds are inside, too."""
    with pytest.raises(PrivateAddressError):
        SsrfGuard(lambda host, port: ["93.184.215.14", address]).addresses("meddatax.com", 443)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://100.64.0.1/", "file:///etc/passwd"])
def test_a_redirect_out_of_a_known_site_is_not_followed(world: World, target: str) -> None:
    path = f"/meddatax/clinical-trials/{PAGE}"
    world.configure(f'[[watch]]\nname = "page"\npages = ["{world.registry.meddatax_url.removesuffix("/meddatax")}{path}"]\n')
    world.registry.fault = lambda request: Reply(302, {"Location": target}) if request.path == path else None
    report = world.day()
    [failure] = report.sources[0].failures
    assert "Redirect" in failure.error or "redirect" in failure.error
    assert world.store.size().snapshots == 0


# --- what it can be made to run -------------------------------------------------------------------------------------


@cache
def nodes() -> list[tuple[str, ast.Import | ast.ImportFrom | ast.Call]]:
    """Every import and every call of the program, with its module."""
    return [
        (str(module.relative_to(PACKAGE)), node)
        for module in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    ]


def imports() -> list[tuple[str, str]]:
    """(module, what it imports)."""
    whole = [(module, alias.name) for module, node in nodes() if isinstance(node, ast.Import) for alias in node.names]
    return whole + [(module, node.module) for module, node in nodes() if isinstance(node, ast.ImportFrom) and node.module]


def calls() -> list[tuple[str, str]]:
    """(module, dotted name of what it calls)."""
    return [(module, dotted(node.func)) for module, node in nodes() if isinstance(node, ast.Call)]


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case _:
            return "(…)"


def test_the_walk_through_the_program_finds_what_is_there() -> None:
    assert ("fetch/wire.py", "httpx") in imports()
    assert ("render/markup.py", "jinja2.Environment") in calls()


def test_nothing_is_imported_that_runs_unpickles_or_resolves_what_others_wrote() -> None:
    """No programs, no pickles, no expressions that read files or the environment; XML by one door, which refuses entities."""
    refused = {
        *("pty", "pickle", "marshal", "shelve", "xml", "lxml", "elementpath", "jq", "jmespath"),
        *("yaml", "dill", "tarfile", "playwright", "selenium"),
    }
    assert [(module, name) for module, name in imports() if name.partition(".")[0] in refused] == []
    # This program itself, with nothing of others in its command line, in a process that can be left when a service hangs; and
    # git, without a shell, over a repository that the user names.
    runners = {"deliver/chat.py", "backfill/git.py"}
    assert {module for module, name in imports() if name.partition(".")[0] == "subprocess"} == runners
    assert {module for module, name in imports() if name.partition(".")[0] == "defusedxml"} == {"extract/xml_reader.py"}


def test_nothing_is_evaluated_unpacked_or_made_a_template() -> None:
    refused = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "os.system",
        "os.popen",
        "shutil.unpack_archive",
        "jinja2.Template",
    }
    endings = (".extractall", ".extract", ".from_string", ".unpack_archive", "Markup")
    found = [(module, name) for module, name in calls() if name in refused or name.endswith(endings)]
    assert found == [("web/pages.py", "Markup")], "what a template of ours gave, which escapes, is no text any more"


def test_templates_are_the_programs_own_and_escape_everything() -> None:
    templates = sorted(PACKAGE.rglob("*.j2"))
    assert templates
    for template in templates:
        text = template.read_text("utf-8")
        assert "|safe" not in text.replace(" ", "")
        assert "autoescape" not in text
    makers = [node for _, node in nodes() if isinstance(node, ast.Call) and dotted(node.func) == "jinja2.Environment"]
    assert makers
    for maker in makers:
        assert {word.arg: ast.unparse(word.value) for word in maker.keywords}["autoescape"] == "True"


# --- what a record can do -------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> ${SMTP_PASSWORD} {{ 7*7 }} {% include 'x' %}"


def test_text_of_a_registry_is_text_in_every_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mark-up, no template, no variable of the environment, no header: whatever stands in a record is shown as it is."""
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    world.configure(LISTED)
    world.day()

    def attack() -> None:
        world.amend(
            A,
            identificationModule__briefTitle=f"{HOSTILE}\r\nBcc: evil@example.org",
            statusModule__overallStatus="TERMINATED",
            statusModule__whyStopped=HOSTILE,
            sponsorCollaboratorsModule__leadSponsor={"name": HOSTILE, "class": "OTHER"},
            contactsLocationsModule__locations=[{"facility": HOSTILE, "city": HOSTILE, "country": HOSTILE}],
        )
        world.amend(B, statusModule__overallStatus=f"RECRUITING{HOSTILE}")

    world.day(change=attack)
    world.day()
    assert len(texts(world)) > 1
    assert len(texts(world, "operator")) == 1, "a word never met before"
    assert "{{ 7*7 }}" in " ".join(texts(world))
    for letter in world.mailbox.letters:
        page = LexborHTMLParser(letter.message.get_body(("html",)).get_content())
        assert page.css("script, img, iframe, object, embed, form, link") == []
        assert not [name for node in page.css("*") for name in node.attributes if name.startswith("on")]
        assert all(link.attributes["href"].startswith(("https://", "http://", "mailto:")) for link in page.css("a[href]"))
        assert "Bcc" not in letter.message
        assert letter.recipients in (("me@example.org",), ("operator@example.org",))
        assert SECRET not in letter.message.as_string()


def test_an_error_page_is_text_in_the_operators_mail(world: World) -> None:
    """What a site sends in place of a record is quoted in the error, and the error is mailed."""
    world.configure(LISTED)
    world.day()
    world.registry.fault = lambda request: Reply(404, {"Content-Type": "text/plain"}, HOSTILE.encode())
    world.day()
    [letter] = world.mailbox.to("operator@example.org")
    page = LexborHTMLParser(letter.message.get_body(("html",)).get_content())
    assert page.css("script, img") == []
    assert "{{ 7*7 }}" in page.text()


@pytest.mark.parametrize("number", ["../../evil", "NCT00000101/../../evil", "..\\evil", "/etc/cron.d/evil", "NCT0000010\u0661"])
def test_a_number_never_becomes_the_name_of_a_file(world: World, number: str) -> None:
    """Neither one that a registry sends nor one that stands in the configuration."""

    def listing(request: Request) -> Reply | None:
        if "sort" not in dict(request.params):
            return None
        made = {"protocolSection": {"identificationModule": {"nctId": number}}}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps({"studies": [made], "totalCount": 1}).encode())

    world.configure(SEARCHED)
    world.registry.fault = listing
    world.day()
    assert world.store.followed("ctgov") == []
    assert {path.name.partition("-")[0] for path in world.folder.iterdir()} == {"config.toml", "tracker.db"}
    world.config.write_text(world.config.read_text("utf-8") + f"\n[[watch]]\nname = 'x'\ntrials = ['{number}']\n", "utf-8")
    assert inside("--config", world.config, "check").code == 2


# --- what it gives away ---------------------------------------------------------------------------------------------


def test_secrets_are_in_no_database_backup_or_output(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    world.configure(LISTED)
    text = world.config.read_text("utf-8")
    text = text.replace('security = "none"', 'security = "none"\nuser = "me"\npassword = "${MAIL_PASSWORD}"')
    text += f'\n[[channel]]\nname = "hook"\nurl = "hook+http://127.0.0.1:9/{TOKEN}"\n'
    world.config.write_text(text.replace('to = "me"', 'to = "hook"'), "utf-8")
    world.show()
    said = [inside("--config", world.config, "sync", "-vv")]
    world.amend(A, statusModule__overallStatus="COMPLETED")
    world.now = world.now.replace(day=9)
    world.show()
    for arguments in (("sync", "-vv"), ("outbox", "--json"), ("doctor", "--json"), ("backup", world.folder / "copy.db")):
        said.append(inside("--config", world.config, *arguments))
    assert any("hook" in ended.out for ended in said), "there was something to say of it"
    written = [(world.folder / name).read_bytes() for name in ("tracker.db", "copy.db")]
    for secret in (SECRET, TOKEN):
        assert not any(secret in ended.out + ended.err for ended in said)
        assert not any(secret.encode() in body for body in written)


def test_health_is_read_only_and_says_nothing_but_health(tmp_path: Path) -> None:
    """Its one door stands open to this machine alone; there is nothing behind it to log in to, to post to or to read."""
    url, now = f"sqlite:///{tmp_path / 'tracker.db'}", datetime(2026, 3, 2, tzinfo=UTC)
    migrate(url, now=now)
    with Store.open(url) as store:
        monitor = Monitor(0, lambda: health(Archive(store=store, sources={}).health(), now, mode="idle", started_at=now), None)
        try:
            answers = {
                (method, path): answered(monitor.port, method, path)
                for method in ("GET", "POST", "PUT", "DELETE")
                for path in ("/health", "/metrics", "/../../etc/passwd", "/static/..%2f..%2fetc/passwd")
            }
            with pytest.raises(ConnectionRefusedError):
                http.client.HTTPConnection("127.0.0.2", monitor.port, timeout=5).connect()
        finally:
            monitor.close()
    assert [asked for asked, status in answers.items() if status == 200] == [("GET", "/health")]
    assert {status for asked, status in answers.items() if asked != ("GET", "/health")} == {404, 501}


def answered(port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()
