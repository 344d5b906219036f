"""What chat services are sent, caught on its way: shown as it is, whatever marks the registry's text holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.deliver.proxy import TlsProxy

SUBJECT = "CD19*CAR_T* <b>: now recruiting"
TEXT = "# Study_1 (NCT07177911) @everyone <!channel>\n> Now *recruiting* `x` [a](https://x.example/a_b_c)\nhttps://x.example/a_b_c\n"
SEND = """
import sys
from tests.builders import DAY
from tests.deliver.builders import make_message, make_settings
from tracker.deliver import channels
from tracker.model.watch import Channel
url, subject, text = sys.argv[1:]
message = make_message(subject=subject, text=text)
channels.send(make_settings(None, {"chat": url}), Channel(name="chat", url=url), message, (), DAY)
"""
"""Run in a process of its own, which has the proxy in its environment."""


def sent(folder: Path, url: str, answer: bytes = b'{"ok": true}') -> Any:
    with TlsProxy(folder) as proxy:
        proxy.answer = answer
        environment = os.environ | {"HTTPS_PROXY": proxy.address, "REQUESTS_CA_BUNDLE": str(proxy.authority), "NO_PROXY": ""}
        root = Path(__file__).parents[2]
        command = [sys.executable, "-W", "ignore", "-c", SEND, url, SUBJECT, TEXT]
        done = subprocess.run(command, env=environment, cwd=root, timeout=120, check=False)
    assert done.returncode == 0
    return msgspec.json.decode(proxy.posted[-1][2])


def test_discord_shows_marks_as_they_are_and_calls_nobody(tmp_path: Path) -> None:
    content = sent(tmp_path, "discord://123456789012345678/" + "a" * 68)["content"]
    assert r"CD19\*CAR\_T\* \<b>: now recruiting" in content
    assert "\\# Study\\_1 (NCT07177911) @\u200beveryone \\<!channel>" in content
    assert content.rstrip().endswith("https://x.example/a_b_c"), "an address stays whole"


def test_slack_gets_plain_text_that_calls_nobody(tmp_path: Path) -> None:
    payload = sent(tmp_path, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", b"ok")
    [shown] = payload["attachments"]
    assert payload["mrkdwn"] is False
    assert shown["title"] == "CD19*CAR_T* &lt;b&gt;: now recruiting"
    assert "&lt;!channel&gt;" in shown["text"]


def test_telegram_gets_html_in_which_only_the_subject_is_marked(tmp_path: Path) -> None:
    payload = sent(tmp_path, "tgram://123456789:abcdefg_hijklmnop/12315544")
    assert payload["parse_mode"] == "HTML"
    assert payload["text"].startswith("<b>CD19*CAR_T* &lt;b&gt;: now recruiting</b>")
    assert "&lt;!channel&gt;" in payload["text"]


def test_teams_shows_marks_as_they_are(tmp_path: Path) -> None:
    card = sent(tmp_path, "workflows://prod.logic.example/workflow/signature")["attachments"][0]["content"]
    shown = [block["text"] for block in card["body"] if block["type"] == "TextBlock"]
    assert shown[0] == r"CD19\*CAR\_T\* <b>: now recruiting"
    assert r"Study\_1" in shown[1]


def test_ntfy_gets_title_and_plain_text(tmp_path: Path) -> None:
    payload = sent(tmp_path, "ntfys://trials")
    assert (payload["topic"], payload["title"]) == ("trials", SUBJECT)
    assert "Now *recruiting* `x`" in payload["message"]
    assert "markdown" not in payload


def test_matrix_gets_plain_text(tmp_path: Path) -> None:
    answer = b'{"access_token": "t", "user_id": "@u:matrix.example", "room_id": "!r:matrix.example", "event_id": "$1"}'
    payload = sent(tmp_path, "matrixs://token@matrix.example/!r:matrix.example?discovery=no&e2ee=no", answer)
    assert payload["msgtype"] == "m.text"
    assert "format" not in payload
    assert "Now *recruiting* `x`" in payload["body"]
