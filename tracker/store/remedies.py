"""What to do about the reasons for which a database refuses, by the words that SQLite, PostgreSQL and its driver use."""

from __future__ import annotations

import re

_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"role .* does not exist",
        "Make the role on the server (CREATE ROLE … LOGIN), or correct the user that [store] url names.",
    ),
    (r"database .* does not exist", "Make the database on the server (createdb), or correct its name in [store] url."),
    (r"password authentication failed|no password supplied", "Correct the user or password in [store] url."),
    (r"pg_hba\.conf", "Let this machine and user in, in pg_hba.conf of the server, or correct [store] url."),
    (
        r"too many (clients|connections)|connection slots",
        "No connection is left: end some, or raise max_connections.",
    ),
    (r"[Cc]onnection refused", "Check that the server runs there, and host and port in [store] url."),
    (r"No such file or directory", "Check that the server runs there, and the host in [store] url."),
    (
        r"resolve|translate host name|Name or service",
        "Correct the host in [store] url, or look at the name service of this machine.",
    ),
    (
        r"read-only transaction|read-only mode|in recovery",
        "The server takes no writes, as a standby does: name the primary in [store] url, or end its read-only mode.",
    ),
    (r"starting up|shutting down|administrator command", "The server is being started or stopped: try again in a minute."),
    (r"permission denied", "Give the user of [store] url the rights on this database: it must own its tables."),
    (r"lock timeout|is locked", "Another process has been writing for long; try again when it is done."),
    (
        r"disk is full|No space left",
        "Free some disk space and try again; what was accepted before is safe.",
    ),
    (
        r"disk I/O error",
        "Free some disk space, and see whether the disk is sound and its file system still writable; then try again. "
        "What was accepted before is safe.",
    ),
    (r"readonly", "Make the file and its folder writable for this user, and its file system too."),
    (r"unable to open", "Check that the folder exists and is writable for this user."),
    (r"malformed", "The file is damaged: restore it from a backup (tracker backup makes them)."),
    (r"not a database", "The file is something else, or damaged: name another one in [store] url, or restore a backup."),
    (r"no such table|relation .* does not exist", "Run `tracker migrate`."),
    (
        r"timeout|timed out|closed the connection|connection",
        "Check that the server runs and answers, and that [store] url names its host, port, user and password.",
    ),
)


def remedy(reason: str) -> str:
    """The remedy for a reason; empty where none is known."""
    return next((text for words, text in _REMEDIES if re.search(words, reason)), "")
