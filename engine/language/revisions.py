"""A folder of YAML → a revision: everything checked in one pass, frozen, named by its content's hash.

A folder holds `network.yaml`, one file a flow, the text files (`*.txt`) that lists are kept in, and stories
(`*.stories.yaml`), which are no part of the revision. A revision with an error is no revision, so that what
runs is never replaced by it; warnings stand in nobody's way. What a file contains never raises: it is a
mistake on the list.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.core.flow import Revision
from engine.core.outside_text import is_keepable
from engine.core.places import Place
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import Network
from engine.language.flows import FlowReading, read_flow
from engine.language.folder import NotRead, own_files, texts_of
from engine.language.kept.packages import INSTALLED, Packages
from engine.language.kept.reference import REFERENCE_FILE, Reference
from engine.language.lint.subflow import check_circles
from engine.language.lists import LIST_SUFFIX
from engine.language.migrations import FORMAT
from engine.language.mistakes import Mistake, Mistakes
from engine.language.networks import read_network
from engine.language.sounds import kept_sounds
from engine.language.stories.story import STORIES_SUFFIX, Story, StoryWorld, read_stories
from engine.language.subflows import Offer, file_of
from engine.language.yaml.documents import Document
from engine.language.yaml.documents import load as load_document
from engine.language.yaml.lookup import mapping_at

NETWORK_FILE = "network.yaml"

_ESCAPED = re.compile(r"\\(?:0|x00|u0000|U00000000|[uU]0*[dD][89a-fA-F])")  # of a NUL or half a character
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python keeps bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing: the revision with its network, None where there is an error.

    `files` are the revision's, to be kept under its name: those that were checked, and the reference data
    that they ask for.
    """

    revision: Revision | None
    network: Network | None
    mistakes: list[Mistake]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder looked at as a whole: what publishing it gives, and its stories, all mistakes in one list."""

    published: Published
    stories: tuple[Story, ...]
    mistakes: list[Mistake]

    @property
    def has_errors(self) -> bool:
        return any(mistake.severity == "error" for mistake in self.mistakes)


def read_network_dir(folder: Path) -> dict[str, str]:
    """The text of every YAML and text file but the stories, by its path in the folder, sorted by it."""
    files = {name: text for name, text in _read_all(folder).items() if not name.endswith(STORIES_SUFFIX)}
    return {**files, **kept_sounds(folder, files)}


def publish(files: Mapping[str, str], packages: Packages = INSTALLED) -> Published:
    """Check the files of a network together (name → text) and make them a revision.

    What the packages say of time zones, holidays and ZIP codes is frozen into it.
    """
    return _examine(files, packages)[0]


def load(folder: Path) -> Published:
    """Publish the network in a folder."""
    return publish(read_network_dir(folder))


def check(folder: Path) -> list[Mistake]:
    """Every mistake in a folder, its stories included, sorted by place."""
    return check_all(folder).mistakes


def check_all(folder: Path) -> Checked:
    """Publish a folder and read its stories against it."""
    if not folder.is_dir():
        missing = Mistake(
            Place(str(folder), 1, 1),
            f"folder '{folder}' doesn't exist; pass one that contains {NETWORK_FILE}",
        )
        return Checked(Published(None, None, [missing]), (), [missing])
    files = _read_all(folder)
    own = {name: text for name, text in files.items() if not name.endswith(STORIES_SUFFIX)}
    own |= kept_sounds(folder, own)
    published, world = _examine(own)
    world = replace(world, recordings=_recordings(folder))
    mistakes = Mistakes(published.mistakes)
    stories: list[Story] = []
    for name in files.keys() - own.keys():
        document = _document(name, files[name], mistakes)
        if document is not None:
            stories += read_stories(document, world, mistakes)
    for stray in sorted(folder.rglob("*.yml")):
        name = stray.relative_to(folder).as_posix()
        mistakes.warn(Place(name, 1, 1), "this file is ignored", cure=f"rename it to {name[:-4]}.yaml")
    return Checked(published, tuple(sorted(stories, key=lambda story: story.place)), list(mistakes))


def revision_id(files: Mapping[str, str]) -> str:
    """The hash of all names and contents; the order in which they are given makes no difference."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for text in (name, files[name]):
            content = text.encode("utf-8", "surrogateescape")
            digest.update(len(content).to_bytes(8, "big"))
            digest.update(content)
    return f"sha256:{digest.hexdigest()}"


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage meanwhile.

    What is read of a large network stays, a million objects of it. Going through them time and again took
    two fifths of the reading, and half a second at a time in which a worker's calls stood still.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@uncollected()
def _examine(files: Mapping[str, str], packages: Packages = INSTALLED) -> tuple[Published, StoryWorld]:
    mistakes = Mistakes()
    for name, text in files.items():
        if isinstance(text, NotRead) and not name.endswith(".yaml"):
            mistakes.error(Place(name, 1, 1), text.found, expected=text.expected, cure=text.cure)
    reference = Reference(packages=packages)
    documents = read_documents(files, reference, mistakes)
    flows, network = read_parts(documents, files, mistakes)
    if REFERENCE_FILE in files:
        found, cure = "a network can't have a file with this name", "remove it; publishing writes its own"
        mistakes.error(Place(REFERENCE_FILE, 1, 1), found, cure=cure)
    revision, kept = None, files
    if network is not None and not mistakes.has_errors:
        revision = revision_of("", flows, network)
        kept = {**files, REFERENCE_FILE: reference.frozen(FORMAT, datetime.now(UTC).year)}
        revision = replace(revision, id=revision_id(kept))
    published = Published(revision, network if revision else None, list(mistakes), kept)
    return published, _world(flows, documents.get(NETWORK_FILE))


def read_documents(files: Mapping[str, str], reference: Reference, mistakes: Mistakes) -> dict[str, Document]:
    """Every YAML file that can be parsed, by its name."""
    return {
        name: replace(document, sounds=files, reference=reference)
        for name in sorted(files)
        if name.endswith(".yaml")
        if (document := _document(name, files[name], mistakes)) is not None
    }


def read_parts(
    documents: Mapping[str, Document], files: Mapping[str, str], mistakes: Mistakes
) -> tuple[dict[str, FlowReading], Network | None]:
    """The flows, by name, and the network; what is mistaken in them is added to the mistakes."""
    flows: dict[str, FlowReading] = {}
    in_order = _in_order(documents, mistakes)
    library: dict[str, Offer | None] = dict.fromkeys(file_of(each) for each in in_order)
    for flow_document in in_order:
        _add_flow(flow_document, flows, library, mistakes)
    if NETWORK_FILE not in files:
        found = f"{NETWORK_FILE} is missing"
        cure = "create it, with the network's numbers, campaigns and buyers"
        mistakes.error(Place(NETWORK_FILE, 1, 1), found, cure=cure)
    document = documents.get(NETWORK_FILE)
    return flows, None if document is None else read_network(document, flows, mistakes, files)


def revision_of(name: str, flows: Mapping[str, FlowReading], network: Network) -> Revision:
    """The revision that flows and network make, none of which has a mistake."""
    return Revision(
        id=name,
        flows={
            reading.name: reading.flow
            for reading in sorted(flows.values(), key=lambda reading: reading.document.name)
            if reading.flow is not None and not reading.offer.must_be_entered
        },
        market=NetworkMarket(network),
    )


def _in_order(documents: Mapping[str, Document], mistakes: Mistakes) -> list[Document]:
    """The flows' documents, those that others enter first."""
    found = {file_of(document): document for name, document in documents.items() if name != NETWORK_FILE}
    return [found[file] for file in check_circles(found, mistakes)]


def _add_flow(
    document: Document, flows: dict[str, FlowReading], library: dict[str, Offer | None], mistakes: Mistakes
) -> None:
    reading = read_flow(document, mistakes, library)
    if reading is None:
        return
    library[reading.offer.file] = reading.offer
    if reading.name in flows:
        found = f"{flows[reading.name].document.name} already has a flow named '{reading.name}'"
        mistakes.error(reading.place, found, cure="give it another name")
        return
    flows[reading.name] = reading


def _document(name: str, text: str, mistakes: Mistakes) -> Document | None:
    if isinstance(text, NotRead):
        mistakes.error(Place(name, 1, 1), text.found, expected=text.expected, cure=text.cure)
        return None
    foreign = _NOT_UTF8.search(text)
    if foreign is not None:
        place = Place(name, text.count("\n", 0, foreign.start()) + 1, 1)
        mistakes.error(place, "this line isn't UTF-8", cure="save the file as UTF-8")
        return None
    document, found = load_document(text, name)
    if mistakes.is_judging or document is None:
        mistakes.add(*found)
    if mistakes.is_judging and document is not None and _ESCAPED.search(text) is not None:
        for mark in document.marks.values():
            if mark.raw is not None and not is_keepable(mark.raw):
                mistakes.error(
                    mark.value, "this text holds a NUL or half a character", cure="remove the escape"
                )
    return document


def _world(flows: Mapping[str, FlowReading], network: Document | None) -> StoryWorld:
    whole = [flow.flow for flow in flows.values() if flow.flow is not None]
    return StoryWorld(
        nodes=frozenset(name for flow in flows.values() for name in mapping_at(flow.document, ("nodes",)))
        | frozenset(name for flow in whole for name in flow.nodes),
        answers={name: answer for flow in flows.values() for name, answer in flow.answers.items()}
        | {name: answer for flow in whole for name, answer in flow.answers.items()},
        declared=frozenset(name for flow in flows.values() for name in flow.declared)
        | frozenset(name for flow in whole for name in flow.answers),
        buyers=frozenset(mapping_at(network, ("buyers",)) if network else ()),
        numbers=tuple(mapping_at(network, ("numbers",)) if network else ()),
    )


def _recordings(folder: Path) -> frozenset[str]:
    """What a story's caller may play."""
    return frozenset(file.relative_to(folder).as_posix() for file in own_files(folder, "*.wav"))


def _read_all(folder: Path) -> dict[str, str]:
    """Every YAML and text file below a folder. What is no UTF-8 stays visible as such and is reported."""
    return texts_of(folder, ("**/*.yaml", f"**/*{LIST_SUFFIX}", REFERENCE_FILE))
