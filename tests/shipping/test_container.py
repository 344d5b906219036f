"""The container's recipe, as far as it can be checked without an engine: what it copies, whom it runs as, what it asks."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_httpserver import HTTPServer

from tests.daemon.test_process import until
from tests.shipping.conftest import LISTED
from tests.shipping.shipped import DEPLOY, ROOT, Installed
from tests.shipping.units import seconds, values
from tests.world import World

HEALTHCHECK = DEPLOY / "healthcheck.py"


def recipe() -> list[tuple[str, str]]:
    """The Containerfile's instructions in order, continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def last(word: str) -> str:
    return [rest for found, rest in recipe() if found == word][-1]


def compose() -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in (DEPLOY / "Containerfile.dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"]
    copied = [shlex.split(rest)[:-1] for word, rest in recipe() if word == "COPY" and "--from=" not in rest]
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in allowed), f"{source} is not sent to the builder"
    assert {"constraints.txt", "alembic", "tracker", "LICENSE"} <= {source for sources in copied for source in sources}


def test_it_installs_extras_that_exist(wheel: Path) -> None:
    [extras] = re.findall(r'"\.\[([a-z,]+)\]"', (DEPLOY / "Containerfile").read_text("utf-8"))
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        text = archive.read(metadata).decode()
    for extra in extras.split(","):
        assert f"Provides-Extra: {extra}\n" in text


def test_it_does_not_run_as_root_and_writes_to_one_volume() -> None:
    assert last("USER") == "10001:10001"
    assert last("VOLUME") == '["/data"]'
    assert last("WORKDIR") == "/data"
    assert "TRACKER_CONFIG=/data/config.toml" in last("ENV")
    assert (last("ENTRYPOINT"), last("CMD")) == ('["tracker"]', '["run"]')


def test_compose_mounts_one_volume_there_and_locks_the_rest() -> None:
    [(name, service)] = compose()["services"].items()
    [volume] = compose()["volumes"]
    assert name == "tracker"
    assert service["volumes"] == [f"{volume}:/data"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service, "nothing listens publicly"
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    [stop] = values(DEPLOY / "tracker.service", "TimeoutStopSec")
    assert seconds(service["stop_grace_period"]) == seconds(stop), "the container has as long to end as the service"


def asked(config: Path, **environ: str) -> tuple[int, str]:
    """The health check's exit code and sentence, in a process as an engine starts it."""
    environ = {"PATH": os.environ["PATH"], "TRACKER_CONFIG": str(config), **environ}
    done = subprocess.run([sys.executable, HEALTHCHECK], env=environ, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "put `port = 8700` under [daemon]"), ("[daemon", "cannot be read"), (None, "cannot be read")],
    ids=["no port", "broken", "missing"],
)
def test_a_health_check_that_cannot_ask_says_what_to_do(tmp_path: Path, text: str | None, told: str) -> None:
    config = tmp_path / "config.toml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    code, sentence = asked(config)
    assert code == 1
    assert told in sentence


def test_a_stale_tracker_is_unhealthy(tmp_path: Path, httpserver: HTTPServer) -> None:
    """503 is the daemon's word for two days without an accepted run."""
    httpserver.expect_request("/health").respond_with_data('{"status":"stale"}', status=503)
    config = tmp_path / "config.toml"
    config.write_text(f"[daemon]\nport = {httpserver.port}\n", encoding="utf-8")
    assert asked(config) == (1, '503: {"status":"stale"}\n')


def test_the_health_check_is_the_one_that_is_copied_and_called() -> None:
    assert ("COPY", "deploy/healthcheck.py /opt/tracker/healthcheck.py") in recipe()
    assert last("HEALTHCHECK").endswith('CMD ["python", "/opt/tracker/healthcheck.py"]')


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_installed_daemon_runs_from_a_volume_is_found_healthy_and_ends_on_sigterm(
    world: World, installed: Installed, tmp_path: Path
) -> None:
    """What the image does: the wheel's entry point, TRACKER_CONFIG on the volume, everything it writes on the volume."""
    volume, elsewhere = tmp_path / "volume", tmp_path / "elsewhere"
    volume.mkdir()
    elsewhere.mkdir()
    world.configure(LISTED, extra=f"\n[daemon]\nport = {free_port()}\n")
    text = world.config.read_text("utf-8").replace(f"sqlite:///{tmp_path}/tracker.db", "sqlite:///snapshots/tracker.db")
    config = volume / "config.toml"
    config.write_text(text, encoding="utf-8")
    # A proxy of the environment is for the registries: the health check must not send its question there.
    surroundings = {"TRACKER_CONFIG": str(config), "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    installed.tracker("init", cwd=elsewhere, env=surroundings)
    with (tmp_path / "log").open("w") as log:
        daemon = subprocess.Popen(
            [installed.scripts / "tracker", "run"], cwd=elsewhere, env={**os.environ, **surroundings}, stderr=log
        )
    try:
        until(lambda: asked(config, **surroundings)[0] == 0, "the health check finds it well")
        until(lambda: bool(world.subjects()), "the welcome message has arrived")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(45) == 0, (tmp_path / "log").read_text()
    finally:
        daemon.kill()
        daemon.wait()
    code, sentence = asked(config)
    assert code == 1
    assert "No answer on port" in sentence
    assert list(elsewhere.iterdir()) == [], "nothing is written outside the volume"
    assert {path.name for path in volume.iterdir()} == {"config.toml", ".config.toml.state", "snapshots"}
