"""Over random flows: a secret is found nowhere but where it was revealed by name, and the call still proves."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given

from engine.accounts.call_shown import CallShown
from engine.accounts.exporting import EXPORTS, export
from engine.accounts.retelling import call_in_full
from engine.accounts.shown import as_json
from engine.cli.telling import tell_call
from engine.core.commands import Confirm, Dial, LookUp, Ping, Play, Sound, TellBuyer, Told
from engine.core.events import CALLER, Event
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.core.replay import replay
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store.reports.counts import Span
from engine.store.seal import Seal
from engine.store.store import Store
from tests.properties.random_networks import hunting
from tests.properties.secret_flows import (
    MONDAY_MORNING,
    SECRETS,
    Plot,
    guessed_digests,
    played,
    plots,
)


class Kept(logging.Handler):
    """Every line that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


async def outputs(folder: Path, plot: Plot, revision: Revision, events: list[Event]) -> Mapping[str, str]:
    """All that is kept and shown of the call, by where: the database's bytes, evidence, exports, the API."""
    found: dict[str, str] = {}
    database = folder / "c.db"
    key = signing_key(folder / "key.pem")
    seal = Seal(Path(f"{database}.key"))
    async with await Store.open(f"sqlite:///{database}", "w", lambda: MONDAY_MORNING) as store:
        await store.keep_revision(revision.id, plot.files)
        machine = CallMachine(revision)
        for seq, event in enumerate(events):
            store.append("call-1", seq, event, sealed=True)
            store.append_commands("call-1", seq, machine.receive(event))
        await store.flush("call-1")
        assert replay(await store.journal("call-1"), revision).difference is None
        dossier = dossier_of(await collect(store, "call-1"))
        for party in dossier.parties:
            document = signed_evidence(dossier, key, party, made_at=MONDAY_MORNING)
            text = json.dumps(document)
            report = verify(read_evidence(text), seal=seal)
            assert report.holds, (party, [each for each in report.findings if each.outcome == "fails"])
            found[f"evidence for {party}"] = _payload(str(document["payload"]))
        for name, table in EXPORTS.items():
            for form in ("csv", "json"):
                rows = [part async for part in export(store, table, Span(), form)]
                found[f"{name} as {form}"] = "".join(rows)
        view = await call_in_full(store, "call-1")
        assert view is not None
        shown = CallShown.of(view)
        found["API"] = json.dumps(as_json(shown))
        found["show"] = "\n".join(tell_call(shown))
    for path in folder.iterdir():
        found[path.name] = path.read_bytes().decode("latin-1")
    return found


def _payload(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().replace("\\", "")


def hold(text: object) -> bool:
    return any(secret in str(text) for secret in SECRETS)


def leaks_to_others(world: VirtualWorld) -> Iterator[str]:
    """What is told to anybody outside though nobody revealed it."""
    nodes = world.call.flow.nodes
    for command in world.commands:
        match command:
            case Play(leg, _, items):
                spoken = [item for item in items if not isinstance(item, Sound) and hold(item.text)]
                if any(not item.sensitive for item in spoken):
                    yield "a prompt that isn't known to be sensitive"
                if spoken and leg != CALLER and not nodes["connect"].node.reveal:  # type: ignore[attr-defined]
                    yield "a whisper"
            case LookUp(told=told, node=node):
                yield from _told("a look-up", told, nodes[node].node.reveal)  # type: ignore[attr-defined]
            case TellBuyer(told=told):
                yield from _told("a screen pop", told, None)
            case Dial(headers=told):
                yield from _told("a SIP header", told, None)
            case Ping() | Confirm():
                if hold(command):
                    yield "a bid request"


def _told(what: str, told: tuple[Told, ...], revealed: tuple[str, ...] | None) -> Iterator[str]:
    for one in told:
        if hold(one.value) and (not one.sensitive or revealed == ()):
            yield what


@hunting(40)
@given(plot=plots())
def test_a_secret_is_nowhere_that_nobody_revealed_it(plot: Plot) -> None:
    logged, ours = Kept(), logging.getLogger("cordboard")
    ours.addHandler(logged)
    level = ours.level
    ours.setLevel(logging.DEBUG)
    try:
        with TemporaryDirectory() as name:
            revision, world, events = played(plot)
            found = dict(asyncio.run(outputs(Path(name), plot, revision, events)))
    finally:
        ours.removeHandler(logged)
        ours.setLevel(level)
    found["log"] = "\n".join(logged.lines)
    for where, text in found.items():
        assert not [secret for secret in SECRETS if secret in text], where
        assert not [digest for digest in guessed_digests(plot) if digest in text], where
    assert list(leaks_to_others(world)) == []
