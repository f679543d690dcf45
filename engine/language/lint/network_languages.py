"""Languages in network.yaml, beside those of its flows: of callers, and of buyers who hear whispers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.sayers import language_among
from engine.exchange.terms import Network
from engine.language.flows import FlowReading
from engine.language.mistakes import Mistakes, listed
from engine.language.yaml.documents import Document, Pointer


def check_languages(
    document: Document, network: Network, flows: Mapping[str, FlowReading], mistakes: Mistakes
) -> None:
    """What network.yaml states of languages, beside the flows of its campaigns."""
    for key, campaign in network.campaigns.items():
        reading = flows.get(campaign.flow)
        if reading is None or reading.flow is None:
            continue
        if reading.languages and not any(kind.IS_LANGUAGE for kind in reading.flow.answers.values()):
            found = (
                f"no call of this flow can leave {reading.languages[0]}: it has no answer of type language"
            )
            cure = (
                "add 'language: {type: language, options: {en: {key: \"1\"}, es: {key: \"2\"}}}' to 'answers'"
            )
            mistakes.refuse(reading.document.place(("languages",)), found, cure=cure)
        known = reading.languages or (reading.flow.language,)
        for path, language in _stated(network, key):
            if language and language_among(known, language) is None:
                found = f"campaign '{key}': {campaign.flow} isn't in {language}, but in {listed(known)}"
                place = document.place((*path, "language"))
                mistakes.refuse(place, found, cure=f"add it to 'languages' of {campaign.flow}")
        _check_whispers(document, network, key, flows, mistakes)


def _stated(network: Network, campaign: str) -> Iterator[tuple[Pointer, str]]:
    """Who of the campaign has a language: where it says so."""
    publishers = set()
    for number in network.numbers.values():
        if number.campaign == campaign:
            publishers.add(number.publisher)
            yield ("numbers", number.number), number.language
    yield from (
        (("publishers", key), each.language) for key, each in network.publishers.items() if key in publishers
    )
    yield from ((("buyers", key), network.buyers[key].language) for key in network.campaigns[campaign].buyers)


def _check_whispers(
    document: Document, network: Network, campaign: str, flows: Mapping[str, FlowReading], mistakes: Mistakes
) -> None:
    """A buyer's language has every whisper that the buyer may hear."""
    stated = network.campaigns[campaign]
    for reading in _entered(flows[stated.flow], flows):
        for unsaid in reading.unsaid:
            whose = [
                key
                for key in stated.buyers
                if network.buyers[key].language
                and language_among(reading.languages, network.buyers[key].language) == unsaid.language
            ]
            if whose:
                found = (
                    f"node '{unsaid.node}': '{unsaid.setting}' has no text in {unsaid.language}, "
                    f"the language of {listed(whose)}"
                )
                place = reading.document.key_place(unsaid.path)
                mistakes.refuse(place, found, cure=f"add '{unsaid.language}: …' to it")


def _entered(reading: FlowReading, flows: Mapping[str, FlowReading]) -> Iterator[FlowReading]:
    """The flow, and those that it enters."""
    yield reading
    by_file = {each.offer.file: each for each in flows.values()}
    for file in reading.enters:
        if file in by_file:
            yield from _entered(by_file[file], flows)
