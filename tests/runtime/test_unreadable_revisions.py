"""A call's revision that is kept and cannot be read is another thing than one that is not kept, and is told so."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.accounts.rejudging import rejudge
from engine.cli import main
from engine.core.events import CallArrived
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import publish, read_network_dir, revision_id
from engine.runtime.recovery import close_abandoned
from engine.store import Store
from engine.store.errors import StoreError
from tests.runtime.kept_calls import ROOFING, START, kept_call
from tests.store.store_world import Clock

FILES = read_network_dir(ROOFING)
OF_TOMORROW = {**FILES, "roofing.yaml": FILES["roofing.yaml"].replace("type: choose_buyer", "type: auction")}
CANNOT_BE_READ = (
    r"is stored, but can't be read: roofing.yaml:\d+:\d+: node 'find': this version can't read it"
)


async def kept(store: Store, call: str, *, is_kept: bool, events: int | None = None) -> str:
    """A call by a revision that only a later version can read; its first `events`, where its worker stopped."""
    revision = publish(FILES).revision
    assert revision is not None
    machine = CallMachine(replace(revision, id=revision_id(OF_TOMORROW)))
    if is_kept:
        await store.keep_revision(revision_id(OF_TOMORROW), OF_TOMORROW)
    await kept_call(store, "model")
    for seq, entry in enumerate((await store.journal("model"))[:events]):
        event = entry.event
        if isinstance(event, CallArrived):
            event = changed(event, call=call, carrier_call=f"CA{call}")
        store.append(call, seq, event)
        store.append_commands(call, seq, machine.receive(event))
    await store.flush(call)
    return call


@pytest.mark.parametrize(("is_kept", "why"), [(True, CANNOT_BE_READ), (False, "is not in this database")])
async def test_an_open_call_stays_open_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_kept: bool, why: str
) -> None:
    url, clock = f"sqlite:///{tmp_path}/calls.db", Clock()
    async with await Store.open(url, "worker-1", clock) as store:
        await kept(store, "c1", is_kept=is_kept, events=3)
    async with await Store.open(url, "worker-1", clock) as restarted:
        with caplog.at_level(logging.WARNING, "cordboard.calls"):
            closed = await close_abandoned(restarted, clock(), lambda _: False, lambda *_: None)
        assert closed == 0
        view = await restarted.call("c1")
        assert view is not None
        assert view.record.ended_at is None
    (said,) = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(rf"call c1: its revision sha256:\w+ {why}.*; it stays open", said), said


@pytest.mark.parametrize(("is_kept", "why"), [(True, CANNOT_BE_READ), (False, "is not in this database")])
async def test_commands_say_which_of_the_two_it_is(tmp_path: Path, is_kept: bool, why: str) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    async with await Store.open(url, "worker-1", lambda: START) as store:
        await kept(store, "c1", is_kept=is_kept)
        with pytest.raises(StoreError, match=f"call c1: its revision .* {why}"):
            await rejudge(store, "c1")
    replayed = await asyncio.to_thread(CliRunner().invoke, main, ["replay", "--all", "--db", url])
    assert re.search(f"c1: not replayed: its revision .* {why}", replayed.output), replayed.output
    assert "1 of 2 calls replay to the same commands" in replayed.output
    assert replayed.exit_code == 1


async def test_evidence_by_a_later_versions_revision_is_not_called_forged(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "w", lambda: START) as store:
        dossier = dossier_of(await collect(store, await kept(store, "c1", is_kept=True)))
    document = signed_evidence(dossier, signing_key(tmp_path / "key.pem"), NETWORK, made_at=START)
    report = verify(read_evidence(json.dumps(document)))
    assert report.holds, report.findings
    assert any("parts follow from the journal" in each.sentence for each in report.findings)
    (replayed,) = [each for each in report.findings if each.what == "replay"]
    assert replayed.outcome == "not_checked"
    assert "this version can't read the revision inside: roofing.yaml:" in replayed.sentence
