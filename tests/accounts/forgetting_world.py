"""A network's store with many callers, one of whom is to be forgotten, and a search of every byte that is left."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.accounts.forgetting import Holdings, Traced, forget, trace
from engine.core.commands import Command, Record
from engine.core.events import CallArrived, Event
from engine.core.facts import Tag
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.evidence.signing import KEY_FILE, SigningKey, signing_key
from engine.exchange.webhooks import CALL_EVENTS, Webhook
from engine.language.revisions import Published, check_all
from engine.rehearsal.stories import run_story
from engine.store.seal import Seal
from engine.store.store import Store
from engine.store.tables.recordings import RecordingEnd

ROOFING = Path("examples/flows/roofing")
START = 1_795_341_600_000  # 2026-11-22T10:00:00Z
MINUTE_MS = 60_000

PERSON = "+15125550177"
SPELLED = "(512) 555-0177"
OTHERS = "+1{}55501{:02}"
THEIRS = (b"5125550177", b"512) 555-0177", b"79936", b"El Paso", b"Bartholomew", b"CAperson", b"Zweig")
"""Of all callers this one alone has this number, this ZIP code and these words."""

_MARKED = (
    "    next: ask_need\n",
    '    next: mark\n\n  mark: {type: tag, tags: {area: "zip {{ zip }}"}, next: ask_need}\n',
)
"""Tags stand in deliveries as well."""

_STORIES = """
stories:
  person_keys:
    caller: [{keys: "79936"}, {keys: "2"}, {keys: "1"}]
    buyers: {lonestar: {answers: {after: 4s, talks: 95s}}}
    expect: {buyer: lonestar, billable: true}
  person_speaks:
    caller: [{says: seven nine nine three six}, {says: my uncle Bartholomew wants a whole roof}, {keys: "1"}]
    buyers: {lonestar: {answers: {after: 4s, talks: 20s}}}
    expect: {buyer: lonestar, billable: false}
  person_leaves:
    caller: [{keys: "79936"}, hangs_up]
    expect: {ended_by: caller}
  other_keys:
    caller: [{keys: "78701"}, {keys: "2"}, {keys: "1"}]
    buyers: {lonestar: {answers: {after: 4s, talks: 95s}}}
    expect: {buyer: lonestar, billable: true}
  other_hears:
    caller: [{says: seven eight seven oh one}, {says: a new roof}, {keys: "2"}]
    expect: {buyer: lonestar, billable: true}
"""


@dataclass(frozen=True, slots=True)
class World:
    """A store in a folder, with everything that lies beside it."""

    folder: Path
    url: str
    published: Published
    played: dict[str, Sequence[tuple[Event, Sequence[Command]]]]

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def cache(self) -> Path:
        return self.folder / "prompts"

    async def open(self, now_ms: int = START + 1000 * MINUTE_MS) -> Store:
        return await Store.open(self.url, "worker-1", lambda: now_ms, seal=Seal(self.folder / "journal.key"))

    def key(self) -> SigningKey:
        return signing_key(self.folder / KEY_FILE)

    def holdings(self) -> Holdings:
        async def forget_spoken() -> None:
            shutil.rmtree(self.cache, ignore_errors=True)

        return Holdings(self.recordings, self.key(), forget_spoken)

    async def forgotten(self, store: Store, number: str = PERSON) -> Traced:
        """Everything of the number is erased."""
        traced = await trace(store, number)
        await forget(store, traced, self.holdings(), "the desk", "asked by letter")
        return traced


def world(folder: Path, url: str = "") -> World:
    network = folder / "network"
    shutil.copytree(ROOFING, network)
    (network / "roofing.stories.yaml").write_text(_STORIES)
    settings = (network / "network.yaml").read_text()
    flow = (network / "roofing.yaml").read_text()
    (network / "roofing.yaml").write_text(flow.replace(*_MARKED))
    recording = (
        "recording: {channels: caller, announcement: This call may be recorded., format: wav, keep: 90d}\n"
    )
    (network / "network.yaml").write_text(settings.replace("currency: USD\n", f"currency: USD\n{recording}"))
    checked = check_all(network)
    assert not checked.has_errors, checked.mistakes
    assert checked.published.revision is not None
    told = {story.name: story for story in checked.stories if story.name.startswith(("person", "other"))}
    results = {name: run_story(story, checked.published) for name, story in told.items()}
    assert all(result.passed for result in results.values()), [each.differences for each in results.values()]
    played = {}
    for name, result in results.items():
        machine = CallMachine(checked.published.revision)
        events = [
            changed(entry.event, started_at=START) if isinstance(entry.event, CallArrived) else entry.event
            for entry in result.journal
        ]
        played[name] = [(event, tuple(machine.receive(event))) for event in events]
    (folder / "recordings").mkdir()
    (folder / "prompts").mkdir()
    return World(folder, url or f"sqlite:///{folder / 'cordboard.db'}", checked.published, played)


async def fill(here: World, store: Store, others: int) -> None:
    """Three calls of the person, one in which another caller gives the person's number, and those of others."""
    assert here.published.revision is not None
    await store.keep_revision(here.published.revision.id, here.published.files)
    letters = Webhook("https://crm.example.com/calls", CALL_EVENTS, reveal=("zip", "need"))
    await store.outbox.subscribe({"crm": letters})
    people = [
        (
            ("other_keys", "other_hears")[number % 2],
            f"other-{number}",
            OTHERS.format(200 + number // 100, number % 100),
        )
        for number in range(others)
    ]
    people += [(name, name, PERSON) for name in ("person_keys", "person_speaks", "person_leaves")]
    for story, call, caller in people:
        keep(here, store, story, call, caller, {"friend": "Zweig"} if caller == PERSON else {})
    keep(here, store, "other_keys", "given-in", "+13125550144", {"callback": SPELLED})
    await store.flush()
    for _, call, caller in people:
        if not call.startswith("other"):
            await finish_recordings(here, store, call, caller)


def keep(
    here: World,
    store: Store,
    story: str,
    call: str,
    caller: str,
    sent: dict[str, str],
    *,
    sealed: bool = False,
    tag: str = "",
) -> None:
    """A call as a live one is kept; `tag` is what its tag says."""
    for seq, (event, commands) in enumerate(here.played[story]):
        own = event
        if isinstance(event, CallArrived):
            own = changed(event, call=call, carrier="twilio", carrier_call=f"CA{call}")
            own = changed(own, caller_number=caller, parameters=sent)
        store.append(call, seq, own, sealed=sealed)
        store.append_commands(call, seq, [_tagged(each, tag) for each in commands] if tag else commands)


def _tagged(command: Command, tag: str) -> Command:
    is_tag = isinstance(command, Record) and isinstance(command.fact, Tag)
    return Record(changed(command.fact, value=tag)) if is_tag else command


async def finish_recordings(here: World, store: Store, call: str, caller: str) -> None:
    for kept in await store.recordings(call):
        path = here.recordings / f"{call}.wav"
        path.write_bytes(b"RIFF" + caller.encode())
        end = RecordingEnd(path.name, "wav", 9_000, "ab" * 32, 16, (), "")
        await store.finish_recording(call, kept.recording, end)


_ALONE = rb"(?<![0-9a-f]{6})%s(?![0-9a-f]{6})"
"""Of a thousand random digests one has the five figures of a ZIP code in it by chance."""


def places_of(folder: Path, sought: Sequence[bytes] = THEIRS) -> Iterator[str]:
    """Every file below the folder that has one of these in it, but for the network that was written by hand."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "network" not in path.parts:
            held = path.read_bytes()
            for one in sought:
                if re.search(_ALONE % re.escape(one), held):
                    yield f"{path.relative_to(folder)}: {one.decode()}"
