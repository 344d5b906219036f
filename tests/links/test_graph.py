"""The links of a trial: through which numbers it goes, and which links are in doubt."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tracker.links import LinkGraph
from tracker.model.links import Identity, Link, LinkRule, NamedNumber
from tracker.model.record import Organisation

US, US_B = "ctgov:NCT00000001", "ctgov:NCT00000002"
EU, OLD, UK = "ctis:2023-500001-11", "euctr:2019-001234-12", "isrctn:ISRCTN00000001"


def names(*pairs: tuple[str, str]) -> list[NamedNumber]:
    return [NamedNumber(trial=trial, other=other, evidence=other.partition(":")[2]) for trial, other in pairs]


def of(sponsor: str | None, *conditions: str) -> Identity:
    return Identity(lead_sponsor=Organisation(name=sponsor) if sponsor else None, conditions=conditions or None)


def shown(links: Iterable[Link]) -> dict[str, tuple[str, str]]:
    return {link.other: (link.how, link.confidence) for link in links}


def test_two_records_that_name_each_other_are_surely_one_trial() -> None:
    graph = LinkGraph(names((US, EU), (EU, US)), {US: of("Alpha", "Gout"), EU: of("Beta", "Asthma")})
    assert shown(graph.links(US)) == {EU: ("both", "sure")}
    assert shown(graph.links(EU)) == {US: ("both", "sure")}


def test_a_link_is_seen_from_both_ends() -> None:
    graph = LinkGraph(names((US, EU)))
    assert shown(graph.links(US)) == {EU: ("names", "stated")}
    assert shown(graph.links(EU)) == {US: ("named_by", "stated")}


def test_two_records_that_name_one_number_are_linked_through_it() -> None:
    links = LinkGraph(names((US, OLD), (EU, OLD))).links(US)
    assert shown(links) == {OLD: ("names", "stated"), EU: ("through", "stated")}
    assert [link.via for link in links] == [None, OLD]


def test_a_link_goes_on_through_the_records_of_three_registries_and_no_further() -> None:
    chain = names((US, OLD), (EU, OLD), (EU, UK), (UK, "drks:DRKS00000001"))
    assert set(shown(LinkGraph(chain).links(US))) == {OLD, EU, UK}


def test_a_number_of_another_sponsor_and_another_condition_is_doubtful_and_nothing_behind_it_is_linked() -> None:
    graph = LinkGraph(names((US, EU), (EU, UK)), {US: of("Alpha Pharma", "Gout"), EU: of("Beta Institute", "Asthma")})
    (link,) = graph.links(US)
    assert link.doubtful
    assert link.doubt is not None
    assert link.doubt.reason == "other_trial"
    assert link.doubt.sponsors == ("Alpha Pharma", "Beta Institute")
    assert link.doubt.conditions == (("Gout",), ("Asthma",))


def test_sponsor_or_condition_alone_raises_no_doubt() -> None:
    for theirs in (
        of("Alpha Pharmaceuticals GmbH", "Asthma"),
        of("Beta Institute", "Gouty arthritis", "Gout flares"),
        of(None, "Asthma"),
        of("Beta Institute"),
    ):
        graph = LinkGraph(names((US, EU)), {US: of("Alpha Pharma", "Gout"), EU: theirs})
        assert shown(graph.links(US)) == {EU: ("names", "stated")}, theirs


def test_names_in_other_languages_and_short_forms_agree() -> None:
    pairs = (
        (of("Universitätsklinikum Heidelberg", "Gicht"), of("University Hospital Heidelberg", "Gout")),
        (of("Université de Liège", "Goutte"), of("Liege University Hospital", "Gout")),
        (of("MSD", "Krebs"), of("Merck Sharp & Dohme LLC", "Cancer")),
        (of("A", "COPD"), of("B", "Chronic Obstructive Pulmonary Disease")),
        (of("Alpha", "Tumour of the breast"), of("Beta", "Breast Cancer")),
        (of("Alpha", "Oesophageal cancer"), of("Beta", "Esophageal Neoplasms")),
    )
    for mine, theirs in pairs:
        assert not LinkGraph(names((US, EU)), {US: mine, EU: theirs}).links(US)[0].doubtful, (mine, theirs)


def test_a_word_that_many_names_have_is_no_agreement() -> None:
    mine, theirs = (
        of("University Hospital Alphatown", "Advanced cancer of the lung"),
        of("Betaville University", "Breast cancer"),
    )
    assert LinkGraph(names((US, EU)), {US: mine, EU: theirs}).links(US)[0].doubtful


def test_a_number_of_the_same_registry_is_another_trial() -> None:
    (link,) = LinkGraph(names((US, US_B), (US_B, US))).links(US)
    assert link.doubt is not None
    assert link.doubt.reason == "same_registry"


def test_a_number_that_two_trials_of_a_registry_name_is_doubtful_for_both() -> None:
    graph = LinkGraph(names((US, EU), (US_B, EU)))
    (link,) = graph.links(US)
    assert link.doubt is not None
    assert (link.doubt.reason, link.doubt.trials) == ("shared_number", (US_B,))
    assert graph.links(US_B)[0].doubtful


def test_the_record_that_is_named_decides_between_two_that_name_it() -> None:
    graph = LinkGraph(names((US, EU), (US_B, EU), (EU, US)))
    assert shown(graph.links(US)) == {EU: ("both", "sure")}
    assert graph.links(US_B)[0].doubtful


def test_a_plainly_mistyped_number_raises_no_doubt_of_the_right_one() -> None:
    held = {US: of("Alpha", "Gout"), EU: of("Alpha", "Gout"), US_B: of("Beta", "Asthma")}
    graph = LinkGraph(names((US, EU), (US_B, EU)), held)
    assert not graph.links(US)[0].doubtful
    assert graph.links(US_B)[0].doubtful


def test_the_user_adds_and_refuses_links() -> None:
    added = LinkRule(trials=(US, UK))
    refused = LinkRule(trials=(EU, US), refuse=True)
    graph = LinkGraph(names((US, EU), (EU, US)), {}, (added, refused))
    assert shown(graph.links(US)) == {UK: ("configured", "sure")}
    assert shown(graph.links(UK)) == {US: ("configured", "sure")}
    assert graph.links(EU) == ()


def test_a_link_that_the_user_adds_is_never_doubted() -> None:
    held = {US: of("Alpha", "Gout"), EU: of("Beta", "Asthma")}
    assert shown(LinkGraph(names((US, EU)), held, (LinkRule(trials=(EU, US)),)).links(US)) == {EU: ("configured", "sure")}


def test_a_number_that_very_many_records_name_links_no_more_than_a_few() -> None:
    many = names(*((f"drks:DRKS{number:08}", EU) for number in range(1000)), (US, EU))
    assert len(LinkGraph(many).links(US)) <= 20


def test_links_stand_on_both_ends_however_the_numbers_come() -> None:
    """Property: nearest links are symmetric in trial and doubt, whatever is named and in whatever order."""
    chance = random.Random(7)
    nodes = [US, US_B, EU, "ctis:2023-500002-22", OLD, UK]
    for _ in range(300):
        pairs = list({(chance.choice(nodes), chance.choice(nodes)) for _ in range(chance.randrange(8))})
        said = names(*(pair for pair in pairs if pair[0] != pair[1]))
        held = {node: of(chance.choice(["Alpha", "Beta"]), chance.choice(["Gout", "Asthma"])) for node in nodes[:4]}
        graph, again = LinkGraph(said, held), LinkGraph(chance.sample(said, len(said)), held)
        for node in nodes:
            links = {link.other: link for link in graph.links(node)}
            assert {other: (link.how, link.doubt) for other, link in links.items()} == {
                link.other: (link.how, link.doubt) for link in again.links(node)
            }
            assert node not in links
            for other, link in links.items():
                if link.via is None:
                    assert {one.other: one.doubtful for one in graph.links(other)}[node] == link.doubtful
