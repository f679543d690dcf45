"""Putting a folder of flows into service: checked, kept in the store, its prompts rendered ahead."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.accounts.revisions import READ
from engine.core.answers import AnswerType, answers_behind
from engine.core.conditions import Value
from engine.core.flow import Flow, Node, Revision
from engine.core.prompts import Prompt, PromptItem
from engine.core.sayers import language_among, tongue_of
from engine.exchange.market import NetworkMarket
from engine.language.migrations import FORMAT
from engine.language.mistakes import Mistake
from engine.language.revisions import read_network_dir
from engine.language.sounds import sounds_of
from engine.media.prompts import Progress, PromptLibrary
from engine.nodes.node_type import NodeType
from engine.store.store import Store
from engine.understanding.kinds import prepare


@dataclass(frozen=True, slots=True)
class InService:
    """A revision in service."""

    revision: Revision
    market: NetworkMarket
    # flow and language → answer → the prompts that say it
    about: Mapping[tuple[str, str], Mapping[str, tuple[Prompt, ...]]]

    def flow_of(self, called_number: str) -> Flow:
        """The flow that callers of this number hear."""
        entry, flows = self.market.entry(called_number), self.revision.flows
        return flows[entry.flow] if entry else next(iter(flows.values()))

    def is_sealed(self, called_number: str) -> bool:
        """Whether the journals of this number's calls are kept sealed: something sensitive may be in them."""
        return any(kind.sensitive for kind in self.flow_of(called_number).answers.values())


class NotPublishableError(Exception):
    """The folder has mistakes; all of them are in `mistakes`."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


async def put_in_service(
    folder: Path, store: Store, library: PromptLibrary, on_progress: Progress | None = None
) -> InService:
    """Raises NotPublishableError for a folder with an error, VoiceFailed for prompts nobody can speak."""
    files = await asyncio.to_thread(read_network_dir, folder)
    published = await asyncio.to_thread(READ.published, files)
    if published.revision is None:
        raise NotPublishableError(published.mistakes)
    for flow in published.revision.flows.values():
        prepare(flow.answers.values())  # the first caller must not wait for the ZIP data
    for digest, sound in sounds_of(files):
        await asyncio.to_thread(library.keep_sound, digest, sound)
    await library.prepare(list(fixed_prompts(published.revision)), on_progress)
    await store.keep_revision(published.revision.id, published.files, FORMAT)
    return in_service(published.revision)


def in_service(revision: Revision) -> InService:
    market = revision.market
    assert isinstance(market, NetworkMarket), "a published revision's market is a network's"
    about = {
        (name, each.language): prompts_about(each)
        for name, flow in revision.flows.items()
        for each in flow.in_all
    }
    return InService(revision, market, about)


def fixed_prompts(revision: Revision) -> Iterator[tuple[str, str]]:
    """Every piece of every prompt that can be known before any call, as (text, language)."""
    for flow in revision.flows.values():
        for each in flow.in_all:
            yield from _voiced(each, flow)
    for announcement, flow in _announcements(revision):
        for item in announcement.render({}):
            if not item.audio:
                yield item.text, _language_of(item, announcement.language, flow)


def voiced(flow: Flow, home: Flow | None = None) -> str:
    """Something that only a voice can say in this flow; "" where it's made wholly of the operator's sounds.

    `home` is the same in the language that calls begin in, where that is another.
    """
    return next((text for text, _ in _voiced(flow, home or flow)), "")


def _voiced(flow: Flow, home: Flow) -> Iterator[tuple[str, str]]:
    """What a voice says in the flow, with the language of each piece."""
    tongue = tongue_of(flow.language)
    answers = {name: kind.in_tongue(tongue) for name, kind in flow.answers.items()}
    spoken = {name: _spoken_values(kind) for name, kind in answers.items()}
    for name, placed in flow.nodes.items():
        own = _prompts(placed.node)
        if flow is not home:  # a whisper that isn't written in this language is never heard in it
            texts = {prompt.text for prompt in _for_others(home.nodes[name].node)}
            own = (prompt for prompt in own if prompt.text not in texts)
        for prompt in (*own, *_said_by_engine(placed.node, answers)):
            for item in _pieces(prompt, spoken):
                if not item.audio:
                    yield item.text, _language_of(item, flow.language, flow)


def _language_of(item: PromptItem, language: str, flow: Flow) -> str:
    """As a call says it: a flow of one language says everything in that."""
    if not flow.languages:
        return flow.language
    return language_among(flow.languages, item.language or language) or flow.language


def prompts_about(flow: Flow) -> Mapping[str, tuple[Prompt, ...]]:
    """For each answer, the prompts that say it: what can be rendered once the answer is known."""
    about: dict[str, list[Prompt]] = {}
    for placed in flow.nodes.values():
        for prompt in _prompts(placed.node):
            for answer in dict.fromkeys(answers_behind(prompt.names, flow.answers)):
                about.setdefault(answer, []).append(prompt)
    return {answer: tuple(prompts) for answer, prompts in about.items()}


def _announcements(revision: Revision) -> Iterator[tuple[Prompt, Flow]]:
    """What callers are told of recording, in each language of their flow."""
    assert isinstance(revision.market, NetworkMarket), "a published revision's market is a network's"
    for campaign in revision.market.network.campaigns.values():
        terms = campaign.recording
        if terms is not None and terms.announcement is not None:
            for prompt in terms.announcements.values() or (terms.announcement,):
                yield prompt, revision.flows[campaign.flow]


def _pieces(prompt: Prompt, spoken: Mapping[str, Mapping[Value, str]]) -> Iterator[PromptItem]:
    """The prompt's fixed words, and each value of a choice in its place."""
    yield from prompt.fixed_pieces()
    for name in prompt.names:
        for value, label in spoken.get(name, {}).items():
            yield from prompt.render({name: value}, {name: {str(value): label}})


def _spoken_values(kind: AnswerType) -> dict[Value, str]:
    """What an answer of few values can be, and how it is said."""
    understood = {value: kind.understand_value(value) for value in kind.few_values}
    return {value: reading.label for value, reading in understood.items() if reading is not None}


def _for_others(node: Node) -> Iterator[Prompt]:
    """What whoever is called hears of the node."""
    for setting in node.HEARD_BY_OTHERS if isinstance(node, NodeType) else ():
        yield from _prompts(getattr(node, setting))


def _said_by_engine(node: Node, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
    """What a question may say beside the operator's prompts: read-backs, the offer to key."""
    return node.said_by_engine(answers) if isinstance(node, NodeType) else ()


def _prompts(thing: object) -> Iterator[Prompt]:
    if isinstance(thing, Prompt):
        yield thing
    elif isinstance(thing, tuple):
        for part in thing:
            yield from _prompts(part)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for field in dataclasses.fields(thing):
            yield from _prompts(getattr(thing, field.name))
