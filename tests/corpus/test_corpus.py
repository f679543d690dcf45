"""Old calls stay good: what older engines wrote is read, replayed, verified, closed and billed by this one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.accounts.revisions import kept_revision
from engine.core.commands import ReleaseBid
from engine.core.replay import replay, retraced
from engine.evidence.dossier import NETWORK
from engine.evidence.vcon import read_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import revision_id
from engine.runtime.recovery import close_abandoned
from engine.store.store import Store
from tests.corpus.kept_corpus import (
    FOLDER,
    OLDER,
    REAL_CALLS,
    RELEASES,
    evidence,
    expected,
    key,
    network,
    networks_of,
    read_revision,
    seal,
    unpacked,
)
from tests.corpus.write_calls import ledger_of, outcomes
from tests.corpus.write_corpus import outcome_of

OF_RELEASES = [(engine, name) for engine in RELEASES for name in networks_of(engine)]
OF_OLDER = [(engine, name) for engine in OLDER for name in networks_of(engine)]
BREAKS_A_LATER_RULE = "8140197"
WITH_CALLS = [*REAL_CALLS, BREAKS_A_LATER_RULE]


@pytest.mark.parametrize(("engine", "name"), OF_RELEASES)
def test_every_journal_replays_to_the_same_commands_and_outcome(engine: str, name: str) -> None:
    kept = network(engine, name)
    assert revision_id(kept.files) == kept.revision
    revision = read_revision(kept)
    for call in kept.calls:
        replayed = replay(call.journal(seal(engine)), revision)
        assert replayed.difference is None, f"{call.call} ({call.story}): {replayed.difference}"
        commands = [command for answered in replayed.commands for command in answered]
        assert _as_json(outcome_of(commands)) == call.outcome, f"{call.call} ({call.story})"


@pytest.mark.parametrize(("engine", "name"), OF_OLDER)
def test_journals_from_before_the_first_release_come_to_the_same_outcome(engine: str, name: str) -> None:
    kept = network(engine, name)
    revision = read_revision(kept)
    for call in kept.calls:
        _, commands = retraced(call.journal(seal(engine)), revision)
        assert _as_json(outcome_of(commands)) == call.outcome, f"{call.call} ({call.story})"


@pytest.mark.parametrize(("engine", "name"), OF_RELEASES)
def test_every_view_of_a_proof_holds_and_so_does_the_whole(engine: str, name: str) -> None:
    """A whole proof replays its call, which takes its time: one of each outcome is checked, all on a hunt."""
    whole = None if os.environ.get("CORDBOARD_HUNT") else _one_of_each_outcome(engine, name)
    _all_hold(engine, f"evidence/{name}.jsonl.xz", whole)


@pytest.mark.parametrize("engine", REAL_CALLS)
def test_every_proof_of_a_real_call_holds(engine: str) -> None:
    _all_hold(engine, "calls/evidence.jsonl.xz")


@pytest.mark.parametrize("engine", WITH_CALLS)
async def test_calls_that_are_over_replay_and_their_ledger_stands(engine: str, tmp_path: Path) -> None:
    database = unpacked(engine, "closed", tmp_path)
    async with await _opened(engine, database) as store:
        assert await _differences(store) == {}
        assert {check.broken_entry for check in await store.verify_ledger()} == {None}
    assert await outcomes(database) == expected(engine)["closed"]
    assert ledger_of(database) == expected(engine)["ledger"]


@pytest.mark.parametrize("engine", WITH_CALLS)
async def test_calls_that_a_kill_left_open_are_closed_and_billed_as_their_journals_prove(
    engine: str, tmp_path: Path
) -> None:
    database = unpacked(engine, "open", tmp_path)
    left = expected(engine)
    async with await _opened(engine, database) as store:
        clock_ms = left["clock_ms"] + 1
        closed = await close_abandoned(store, clock_ms, lambda _: False, _nobody_is_told)
        assert closed == len(left["open"])
        assert await _differences(store) == {}
        assert await store.abandoned(clock_ms) == []
    came = await outcomes(database)
    for call, one in left["open"].items():
        assert came[call] == one["outcome"], one["moment"]
    assert ledger_of(database) == left["ledger_after"]


@pytest.mark.parametrize("engine", [*RELEASES, *OLDER])
def test_the_corpus_says_who_wrote_it_and_how_much(engine: str) -> None:
    manifest = json.loads((FOLDER / engine / "manifest.json").read_text("utf-8"))
    assert manifest["revision"] == engine
    counted = {name: len(network(engine, name).calls) for name in networks_of(engine)}
    assert counted == {name: told["stories"] for name, told in manifest["networks"].items()}


def _one_of_each_outcome(engine: str, name: str) -> set[str]:
    """The first call that ended in each way: who ended it, which verdicts, how many were asked."""
    first: dict[object, str] = {}
    for call in network(engine, name).calls:
        verdicts = [(one["billable"], one["reason"]) for one in call.outcome["verdicts"]]
        kind = (*call.outcome["ended_by"], *verdicts, len(call.outcome["decisions"]))
        first.setdefault(kind, call.call)
    return set(first.values())


def _all_hold(engine: str, file: str, whole: set[str] | None = None) -> None:
    """Every view in the file, and the whole proofs of the calls named, or all."""
    checked = 0
    for call, audience, text in evidence(engine, file):
        if audience == NETWORK and whole is not None and call not in whole:
            continue
        report = verify(read_evidence(text), key(engine), seal=seal(engine))
        failed = [str(finding) for finding in report.findings if finding.outcome == "fails"]
        assert failed == [], f"{call} for {audience}"
        assert report.holds
        checked += 1
    assert checked


async def _opened(engine: str, database: Path) -> Store:
    """The database, brought to the tables of today, as the worker opens it that had its calls."""
    clock_ms = expected(engine)["clock_ms"] + 1
    return await Store.open(f"sqlite:///{database}", "worker-1", lambda: clock_ms, seal=seal(engine))


async def _differences(store: Store) -> dict[str, str]:
    """Call → where its replay parts from its journal, of all calls."""
    found = {}
    for summary in await store.calls(100):
        call = summary.record.call
        revision = await kept_revision(store, summary.record.revision)
        if difference := replay(await store.journal(call), revision).difference:
            found[call] = str(difference)
    return found


def _nobody_is_told(release: ReleaseBid, call: str) -> None:
    """No bidder was promised one of these calls."""
    raise AssertionError(f"{call}: {release}")


def _as_json(outcome: object) -> object:
    return json.loads(json.dumps(outcome))
