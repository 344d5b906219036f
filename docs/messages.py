"""Every kind of message, made by scenario: invented trials, a registry and a mail server on this machine, the real program.

`python -m docs.messages FOLDER` writes each mail as HTML and as text, with its attachments; with ``--pictures`` Chromium
takes a picture of each at both widths, light and dark.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from docs.browser import pictures
from tests.lab.server import Reply
from tests.world import Study, World, study

READER = "me@example.org"
OPERATOR = "operator@example.org"
MANY = 550
NEVER = '[digest]\ntimezone = "Europe/Berlin"\nwhen_empty = "never"\n'
MUNICH = ("Munich", "Germany", 48.137, 11.575)
BERLIN = ("Berlin", "Germany", 52.52, 13.405)
BOSTON = ("Boston", "United States", 42.36, -71.06)
LYON = ("Lyon", "France", 45.76, 4.84)

NAMED = (
    ("EXB-112 in Active Lupus Nephritis: a Randomised, Placebo-controlled Trial", "Example Therapeutics", "Lupus Nephritis"),
    ("CLEARWATER: Low-dose EXB-114 for Dryness and Fatigue in Sjögren's Disease", "Beispiel Pharma GmbH", "Sjogren's Syndrome"),
    (
        "CAR T Cells Against CD19 in Refractory Systemic Lupus Erythematosus",
        "University of Nowhere",
        "Systemic Lupus Erythematosus",
    ),
    (
        "Hydroxychloroquine Tapering in Quiescent Lupus (HALT-SLE)",
        "Assistance Publique Exemple",
        "Systemic Lupus Erythematosus",
    ),
    ("Weekly EXB-133 in Active Systemic Lupus Erythematosus", "Example Therapeutics", "Systemic Lupus Erythematosus"),
    ("Coaching for Fatigue in Lupus", "Exampleton Hospital Trust", "Lupus Erythematosus, Systemic"),
    ("SMP-21 Against Methotrexate in Giant Cell Arteritis", "Sample Biosciences, Inc.", "Giant Cell Arteritis"),
    ("Cream for Discoid Lupus of the Face", "Beispiel Pharma GmbH", "Discoid Lupus Erythematosus"),
    ("Anifrolumab-like Antibody EXB-140 in Children With Lupus (SAPLING)", "Example Therapeutics", "Childhood-onset Lupus"),
    ("Vaccination Responses Under B-cell Depletion", "University of Nowhere", "Systemic Lupus Erythematosus"),
    ("Diet and Flares in Behçet's Disease", "Örnek Üniversitesi", "Behçet Syndrome"),
    ("Long-term Extension of EXB-112 (LN-FOREVER)", "Example Therapeutics", "Lupus Nephritis"),
)
"""Title, sponsor and condition of the trials of a small watch."""


def number(position: int) -> str:
    """The number of an invented trial."""
    return f"NCT099100{position:02d}"


def site(
    place: tuple[str, str, float, float], status: str = "RECRUITING", facility: str = "Example University Hospital"
) -> Study:
    """A site at a place."""
    city, country, lat, lon = place
    return {"facility": facility, "city": city, "country": country, "status": status, "geoPoint": {"lat": lat, "lon": lon}}


def trial(position: int, **changes: Any) -> Study:
    """One of the named trials, as it stands on the first day."""
    title, sponsor, condition = NAMED[position]
    facts: dict[str, Any] = {
        "identificationModule__briefTitle": title,
        "sponsorCollaboratorsModule__leadSponsor": {"name": sponsor, "class": "INDUSTRY"},
        "conditionsModule__conditions": [condition, "Autoimmune Diseases"],
        "designModule__phases": [("PHASE2",), ("PHASE1", "PHASE2"), ("PHASE3",)][position % 3],
        "designModule__enrollmentInfo": {"count": 60 + 24 * position, "type": "ESTIMATED"},
        "contactsLocationsModule__locations": [site(MUNICH), site(BERLIN), site(LYON, "NOT_YET_RECRUITING"), site(BOSTON)],
        "outcomesModule__primaryOutcomes": [
            {"measure": "Complete renal response", "timeFrame": "Week 52", "description": "By urine protein and eGFR."}
        ],
        "armsInterventionsModule__interventions": [
            {"type": "DRUG", "name": "EXB-112"},
            {"type": "DRUG", "name": "Placebo"},
        ],
    }
    return study(number(position), **(facts | changes))


def update(world: World, position: int, **changes: Any) -> None:
    """A new version of a trial's record."""
    today = f"{world.now:%Y-%m-%d}"
    dated = {
        "statusModule__lastUpdateSubmitDate": today,
        "statusModule__lastUpdatePostDateStruct": {"date": today, "type": "ACTUAL"},
    }
    world.amend(number(position), **(dated | changes))


def watch(name: str, *sends: str, more: str = "", trials: range = range(len(NAMED))) -> str:
    """A watch of some of the trials; a send is "immediate major", with more keys behind it."""
    listed = ", ".join(f'"{number(position)}"' for position in trials)
    text = f'[[watch]]\nname = "{name}"\n' + (f"trials = [{listed}]\n" if trials else "") + more
    for send in sends:
        when, severity, *keys = send.split()
        text += f'[[watch.send]]\nto = "me"\nwhen = "{when}"\nmin_severity = "{severity}"\n' + "".join(
            f"{key} = true\n" for key in keys
        )
    return text


COMPETITOR = '"competitor of X, see memo 4"'

Mails = dict[str, EmailMessage]
Scenario = Callable[[World], Mails]


def since(world: World, count: int, recipient: str = READER) -> list[EmailMessage]:
    """The mails that came after so many."""
    return [letter.message for letter in world.mailbox.to(recipient)[count:]]


def named(name: str, mails: list[EmailMessage]) -> Mails:
    """Several mails of one kind by name and number."""
    return {name if len(mails) == 1 else f"{name}-{place}": mail for place, mail in enumerate(mails, start=1)}


def small(world: World) -> None:
    """The registry holds the named trials."""
    world.studies = {number(position): trial(position) for position in range(len(NAMED))}
    waiting = {
        "statusModule__overallStatus": "NOT_YET_RECRUITING",
        "statusModule__startDateStruct": {"date": "2026-04", "type": "ESTIMATED"},
        "contactsLocationsModule__locations": [site(place, "NOT_YET_RECRUITING") for place in (MUNICH, BERLIN, LYON, BOSTON)],
    }
    for position in (0, 2, 4):
        world.studies[number(position)] = trial(position, **waiting)


def _busy(world: World) -> None:
    """A day on which all twelve trials change in a major way, and some in others, too."""
    moved = {
        "statusModule__primaryCompletionDateStruct": {"date": "2028-03", "type": "ESTIMATED"},
        "statusModule__completionDateStruct": {"date": "2028-09", "type": "ESTIMATED"},
    }
    opened = {
        "contactsLocationsModule__locations": [site(MUNICH), site(BERLIN), site(LYON, "NOT_YET_RECRUITING"), site(BOSTON)],
        "statusModule__overallStatus": "RECRUITING",
        "statusModule__startDateStruct": {"date": "2026-03-02", "type": "ACTUAL"},
    }
    update(world, 0, **opened)
    update(
        world,
        1,
        statusModule__overallStatus="TERMINATED",
        statusModule__whyStopped="Too few participants could be found in the planned time; not for reasons of safety.",
    )
    update(world, 2, **(opened | {"contactsLocationsModule__locations": [site(MUNICH), site(BERLIN)]}))
    update(world, 3, statusModule__overallStatus="SUSPENDED", statusModule__whyStopped="Drug supply")
    update(world, 4, **opened, **moved)
    update(world, 5, outcomesModule__primaryOutcomes=[{"measure": "Fatigue score (FACIT-F)", "timeFrame": "Week 24"}])
    update(world, 6, **moved, designModule__enrollmentInfo={"count": 40, "type": "ESTIMATED"})
    update(
        world,
        7,
        statusModule__overallStatus="WITHDRAWN",
        statusModule__whyStopped="Business decision",
        designModule__enrollmentInfo={"count": 0, "type": "ACTUAL"},
    )
    update(world, 8, statusModule__overallStatus="COMPLETED", designModule__enrollmentInfo={"count": 231, "type": "ACTUAL"})
    update(
        world,
        9,
        armsInterventionsModule__interventions=[{"type": "DRUG", "name": "EXB-112"}, {"type": "DRUG", "name": "Rituximab"}],
    )
    update(
        world,
        10,
        statusModule__overallStatus="ACTIVE_NOT_RECRUITING",
        identificationModule__briefTitle="Diet and Flares in Behçet's Disease (BEHÇET-DIET)",
    )
    update(
        world,
        11,
        **moved,
        eligibilityModule__eligibilityCriteria="Inclusion Criteria:\n\n* Adults of 18 to 70 years\n* In the parent trial",
    )


def digests(world: World, group: str = "severity", evidence: str = "line") -> Mails:
    """The welcome of a small watch and the digest of a busy day."""
    small(world)
    sponsors = ("Beispiel Pharma", "Example Therapeutics")
    notes = {4: COMPETITOR}
    own = "".join(f"{number(place)},{sponsors[place % 2]},{notes.get(place, '')}\n" for place in range(9))
    (world.folder / "mine.csv").write_text(f"id,group,note\n{own}", encoding="utf-8")
    watches = watch("lupus", "daily minor", more='trials_file = "mine.csv"\n', trials=range(0))
    watches += watch("nephritis", "daily minor", trials=range(9, 12))
    world.configure(watches, extra=f'{NEVER}group = "{group}"\nevidence = "{evidence}"\n')
    world.day()
    before = len(since(world, 0))
    world.day(change=lambda: _busy(world))
    world.day()
    welcome = since(world, 0)[0]
    return {
        "welcome-small": welcome,
        **named(f"digest-{group}" + ("-full" if evidence == "full" else ""), since(world, before)),
    }


def alerts(world: World) -> Mails:
    """An alert of one trial, of several, and the digest of the day after with minor changes and several small ones."""
    small(world)
    world.configure(watch("lupus", "immediate major", "daily minor"), extra=NEVER)
    world.day()
    before = len(since(world, 0))
    world.day(
        change=lambda: update(
            world,
            2,
            statusModule__overallStatus="RECRUITING",
            statusModule__startDateStruct={"date": "2026-03-02", "type": "ACTUAL"},
        )
    )
    one = since(world, before)
    world.day()
    before = len(since(world, 0))

    def several() -> None:
        update(world, 0, statusModule__overallStatus="RECRUITING")
        update(world, 3, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Sponsor decision, not for safety")
        update(
            world,
            8,
            statusModule__overallStatus="COMPLETED",
            statusModule__primaryCompletionDateStruct={"date": "2026-03-01", "type": "ACTUAL"},
            statusModule__completionDateStruct={"date": "2026-03-01", "type": "ACTUAL"},
        )
        for position in (1, 5, 6):
            update(
                world,
                position,
                conditionsModule__keywords=["fatigue", "quality of life"],
                identificationModule__officialTitle="An Official Title for an Invented Study",
            )
        update(
            world,
            9,
            statusModule__primaryCompletionDateStruct={"date": "2027-09", "type": "ESTIMATED"},
            statusModule__completionDateStruct={"date": "2028-03", "type": "ESTIMATED"},
        )

    world.day(change=several)
    more = since(world, before)
    before = len(since(world, 0))
    world.day()
    return named("alert-one", one) | named("alert-several", more) | named("digest-quiet", since(world, before))


def near(world: World) -> Mails:
    """A volunteer near a place: welcome, alert of a trial that opens nearby, digest with a new trial."""
    small(world)
    for position in (2, 4):
        world.amend(
            number(position),
            contactsLocationsModule__locations=[site(MUNICH, "NOT_YET_RECRUITING"), site(BOSTON, "NOT_YET_RECRUITING")],
        )
    asked = 'query = { term = "lupus" }\nnear = { place = "80331 München", country = "Germany", km = 100 }\n'
    world.configure(watch("lupus near Munich", "immediate major", "daily notable", more=asked, trials=range(0)), extra=NEVER)
    world.day()
    welcome = since(world, 0)
    before = len(welcome)
    world.day(
        change=lambda: update(
            world, 2, statusModule__overallStatus="RECRUITING", contactsLocationsModule__locations=[site(MUNICH), site(BOSTON)]
        )
    )
    alert = since(world, before)
    before += len(alert)

    def fresh() -> None:
        made = trial(
            4,
            identificationModule__nctId="NCT09910077",
            identificationModule__briefTitle="A New Study of EXB-150 in Cutaneous Lupus",
            statusModule__studyFirstPostDateStruct={"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"},
            statusModule__overallStatus="RECRUITING",
            statusModule__startDateStruct={"date": "2026-03-20", "type": "ESTIMATED"},
        )
        world.studies["NCT09910077"] = made
        update(
            world,
            4,
            contactsLocationsModule__locations=[site(MUNICH, "NOT_YET_RECRUITING"), site(BERLIN, "NOT_YET_RECRUITING")],
        )
        update(world, 0, statusModule__startDateStruct={"date": "2026-09", "type": "ESTIMATED"})

    world.day(change=fresh)
    world.day()
    return named("welcome-near", welcome) | named("alert-near", alert) | named("digest-near", since(world, before))


def quiet(world: World) -> Mails:
    """An empty digest, a sign of life, and one that says what was told at once."""
    small(world)
    alive = watch("signs of life", "daily minor separate", more='kinds = ["record_updated"]\n', trials=range(3))
    world.configure(watch("lupus", "immediate major", "daily notable") + alive, extra=NEVER.replace("never", "always"))
    world.day()
    before = len(since(world, 0))
    world.day()
    empty = since(world, before)[:1]
    before = len(since(world, 0))
    world.day(change=lambda: [update(world, position) for position in range(3)] and None)
    world.day()
    return named("digest-empty", empty) | named("record-updated", since(world, before))


def duty(world: World) -> Mails:
    """Results become due, are certified as delayed, are submitted; a trial is withdrawn."""
    small(world)
    applicable = {
        "statusModule__overallStatus": "COMPLETED",
        "statusModule__startDateStruct": {"date": "2022-03-01", "type": "ACTUAL"},
        "statusModule__primaryCompletionDateStruct": {"date": "2024-12-11", "type": "ACTUAL"},
        "statusModule__completionDateStruct": {"date": "2025-01-20", "type": "ACTUAL"},
        "designModule__designInfo": {"primaryPurpose": "TREATMENT"},
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False},
    }
    soon = {**applicable, "statusModule__primaryCompletionDateStruct": {"date": "2025-03-14", "type": "ACTUAL"}}
    for position in (0, 1, 2):
        world.studies[number(position)] = trial(position, **(soon if position == 2 else applicable))
    world.configure(watch("results due", "daily minor", trials=range(4)), extra=NEVER)
    world.day()
    before = len(since(world, 0))

    def acts() -> None:
        update(world, 0, statusModule__resultsFirstSubmitDate="2026-03-03")
        update(
            world,
            1,
            statusModule__dispFirstSubmitDate="2026-03-02",
            statusModule__dispFirstPostDateStruct={"date": "2026-03-03", "type": "ESTIMATED"},
        )
        update(
            world,
            3,
            statusModule__primaryCompletionDateStruct={"date": "2025-02-28", "type": "ACTUAL"},
            statusModule__overallStatus="COMPLETED",
        )

    world.day(change=acts)
    world.day()
    return named("results-duty", since(world, before))


def operator(world: World) -> Mails:
    """A registry that cannot be read, and again can; a run that is held, in the operator's mail and in the reader's digest."""
    _large(world)
    listed = watch(
        "testitis", "daily minor", trials=range(0), more=f"trials = [{', '.join(map(repr, world.studies))}]\n".replace("'", '"')
    )
    world.configure(listed, extra=NEVER.replace("never", "always"))
    world.day()
    welcome = since(world, 0)[:1]
    world.registry.fault = lambda _: Reply(503, body=b"down for maintenance")
    world.day()
    unread = since(world, 0)[-1:]
    world.day()
    trouble = since(world, 0, OPERATOR)
    world.registry.fault = None
    before = len(since(world, 0, OPERATOR))
    world.day()
    world.day()
    recovery = since(world, before, OPERATOR)
    before = len(since(world, 0, OPERATOR))

    def mass() -> None:
        for nct in list(world.studies)[:400]:
            world.amend(nct, statusModule__overallStatus="UNKNOWN")

    world.day(change=mass)
    held = since(world, before, OPERATOR)
    world.day()
    return (
        named("welcome-550", welcome)
        | named("digest-unread", unread)
        | named("operator-trouble", trouble)
        | named("operator-recovery", recovery)
        | named("operator-held", held)
        | named("digest-held", since(world, 0)[-1:])
    )


def _large(world: World) -> None:
    world.studies = {f"NCT0{8_000_000 + place}": study(f"NCT0{8_000_000 + place}") for place in range(MANY)}
    for place, nct in enumerate(world.studies):
        title, sponsor, condition = NAMED[place % len(NAMED)]
        facts = {
            "identificationModule__briefTitle": f"{title}, Part {place}",
            "sponsorCollaboratorsModule__leadSponsor": {"name": sponsor, "class": "INDUSTRY"},
            "conditionsModule__conditions": [condition],
            "statusModule__overallStatus": ("RECRUITING", "COMPLETED", "NOT_YET_RECRUITING")[place % 3],
        }
        world.amend(nct, **facts)


def numbered(world: World) -> Mails:
    """A digest that takes several messages, with its lists."""
    _large(world)
    listed = watch(
        "testitis", "daily minor", trials=range(0), more=f"trials = [{', '.join(map(repr, world.studies))}]\n".replace("'", '"')
    )
    world.configure(listed, extra=NEVER)
    world.day()
    before = len(since(world, 0))

    def busy() -> None:
        today = f"{world.now:%Y-%m-%d}"
        for place, nct in enumerate(list(world.studies)[:260]):
            kinds: list[dict[str, Any]] = [
                {"statusModule__overallStatus": "ACTIVE_NOT_RECRUITING"},
                {"statusModule__primaryCompletionDateStruct": {"date": "2028-05", "type": "ESTIMATED"}},
                {"designModule__enrollmentInfo": {"count": 130 + place, "type": "ESTIMATED"}},
                {"conditionsModule__keywords": ["fatigue"]},
            ]
            dated = {
                "statusModule__lastUpdateSubmitDate": today,
                "statusModule__lastUpdatePostDateStruct": {"date": today, "type": "ACTUAL"},
            }
            world.amend(nct, **dated, **kinds[place % 4])

    world.day(change=busy)
    world.day()
    return named("numbered", since(world, before))


SCENARIOS: dict[str, Scenario] = {
    "digests": digests,
    "by-watch": lambda world: digests(world, "watch"),
    "by-group": lambda world: digests(world, "group", "full"),
    "alerts": alerts,
    "near": near,
    "quiet": quiet,
    "duty": duty,
    "operator": operator,
    "numbered": numbered,
}


def made(scenarios: Sequence[str] = ()) -> Iterator[tuple[str, EmailMessage]]:
    """Every message with its name, of the scenarios named or of all."""
    for name in scenarios or SCENARIOS:
        with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
            yield from SCENARIOS[name](world).items()


def written(folder: Path, name: str, mail: EmailMessage) -> list[Path]:
    """The parts of a mail as files; the pages among them are returned."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    size = len(mail.as_bytes())
    plain = text.get_content() if text else ""
    (folder / f"{name}.txt").write_text(f"Subject: {mail['Subject']}\n({size:,} bytes as sent)\n\n{plain}", encoding="utf-8")
    pages = [folder / f"{name}.html"]
    pages[0].write_text(page.get_content() if page else "", encoding="utf-8")
    for part in mail.iter_attachments():
        beside = folder / f"{name}.{part.get_filename()}"
        content = part.get_content()
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        if beside.suffix == ".html":
            pages.append(beside)
    return pages


def main() -> None:
    """Write the messages of all scenarios, or of those named."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    reader.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []])
    reader.add_argument("--pictures", action="store_true")
    given = reader.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    pages = [page for name, mail in made(given.scenarios) for page in written(given.folder, name, mail)]
    if given.pictures:
        for line in pictures(pages, given.folder):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
