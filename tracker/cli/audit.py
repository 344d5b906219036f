"""The ``audit`` command: outcomes against what was registered."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.audit import Audited, Refusal, Start, TrialAudit

FORMATS = ("table", "csv", "xlsx", "json", "rob2")


@click.command("audit")
@click.argument("what", type=click.Choice(["outcomes"]), expose_value=False)
@click.argument("trials", nargs=-1, metavar="[TRIAL]...")
@click.option("--watch", metavar="WATCH", help="The trials of this watch.")
@click.option(
    "--from",
    "start",
    type=click.Choice(["first", "start", "primary_completion", "results"]),
    help="One baseline: the version at registration, at the start, at primary completion, or before results. "
    "Without it registration and start.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="rob2: a sheet for domain 5 of RoB 2, CSV.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only so many outcomes, drawn by --seed.")
@click.option("--seed", type=int, metavar="S", help="The same seed draws the same outcomes; 0 by default.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="The file to write; else standard output.")
@shared_options
def audit_command(
    shared: Shared,
    trials: tuple[str, ...],
    watch: str | None,
    start: Start | None,
    form: str,
    sample: int | None,
    seed: int | None,
    out: Path | None,
) -> None:
    """Each outcome against its baseline: same, reworded, redefined, promoted, demoted, added or dropped.

    `tracker audit outcomes` is for two readers, by strata, and never a ranking.
    """
    from tracker.audit import drawn, starts, summary

    app = App(shared)
    form = _asked(app, shared, trials, watch, form, sample, seed, out)
    with app.archive() as archive:
        audits, refused = _audited(archive, _chosen(app, archive, trials, watch), starts(start))
    rows = [(trial, one) for trial in audits for one in trial.outcomes]
    if sample is not None:
        rows = drawn(rows, sample, seed or 0)
    counts = summary(audits, refused)
    match form:
        case "table":
            _show(app, rows, audits, refused)
        case "json":
            from tracker.render import audit as words
            from tracker.render import machine

            value = words.audit_json(rows, audits, refused, counts, sample=sample, seed=seed)
            app.output(out, lambda to: to.write(machine.document(value).encode()))
        case _:
            app.output(out, lambda to: _write(form, rows, audits, refused, to))


def _asked(
    app: App,
    shared: Shared,
    trials: Sequence[str],
    watch: str | None,
    form: str,
    sample: int | None,
    seed: int | None,
    out: Path | None,
) -> str:
    """The format wanted. Raises UsageError for options that do not go together."""
    app.require_watches([watch] if watch else [])
    if bool(trials) == bool(watch):
        raise UsageError("An audit is of a watch or of trials.", remedy="tracker audit outcomes --watch WATCH, or TRIAL...")
    if seed is not None and sample is None:
        raise UsageError("--seed draws a sample.", remedy="Add --sample N, or leave --seed out.")
    if sample is not None and form == "rob2":
        raise UsageError("A RoB 2 sheet is of whole trials.", remedy="Leave --sample out, or name fewer trials.")
    if shared.json:
        if form not in ("table", "json"):
            raise UsageError(f"--json and --format {form} are two formats.", remedy="Give one of them.")
        form = "json"
    if form == "table" and out is not None:
        raise UsageError("A table is for the terminal.", remedy="Name a format for the file: --format csv --out FILE")
    if form == "xlsx" and out is None and sys.stdout.isatty():
        raise UsageError("xlsx is no text for a terminal.", remedy="Name a file: --out outcomes.xlsx")
    return form


def _chosen(app: App, archive: Archive, trials: Sequence[str], watch: str | None) -> list[str]:
    """The keys of the trials. Raises UsageError for one of which nothing is stored."""
    if watch is not None:
        return [found.trial.key for found in archive.current(watch=watch)]
    keys = list(dict.fromkeys(arguments.trial_key(app, trial) for trial in trials))
    if unknown := [key for key in keys if not archive.is_kept(key)]:
        raise UsageError(f"Nothing is stored of {', '.join(unknown)}.", remedy="`tracker list` shows what is followed.")
    return keys


def _audited(archive: Archive, trials: Sequence[str], wanted: Sequence[Start]) -> tuple[list[TrialAudit], list[Refusal]]:
    from tracker.audit import Refusal

    audits: list[TrialAudit] = []
    refused: list[Refusal] = []
    for found in archive.audits(trials, wanted):
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            audits.append(found)
    return audits, refused


def _show(
    app: App, rows: Sequence[tuple[TrialAudit, Audited]], audits: Sequence[TrialAudit], refused: Sequence[Refusal]
) -> None:
    from tracker.audit import summary
    from tracker.render import audit as words

    if rows:
        app.show(words.outcomes_grid(rows))
    counts = summary(audits, refused)
    app.print("", *words.strata_lines(counts), *words.refusals(refused), words.LIMITS)


def _write(
    form: str,
    rows: Sequence[tuple[TrialAudit, Audited]],
    audits: Sequence[TrialAudit],
    refused: Sequence[Refusal],
    to: IO[bytes],
) -> None:
    from tracker.export import audit as exports
    from tracker.export import formats

    if form == "rob2":
        formats.write_csv(exports.rob2(audits, refused), to)
    else:
        formats.FORMATS[form](exports.outcomes(rows, refused), to)
