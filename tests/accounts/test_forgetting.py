"""A person is forgotten: nothing of them is found in any byte that is left, and the money is still proven."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.vcon import Evidence, read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.store.ledger.entries import standing_micros
from engine.store.store import Store
from tests.accounts.forgetting_world import START, THEIRS, World, fill, places_of, world


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path)


async def proof(store: Store, here: World, call: str, audience: str = "network") -> Evidence:
    dossier = dossier_of(await collect(store, call))
    return read_evidence(json.dumps(signed_evidence(dossier, here.key(), audience, made_at=START)))


def outcomes(report: Report) -> set[tuple[str, str]]:
    return {(finding.outcome, finding.code) for finding in report.findings}


def test_of_a_thousand_calls_nothing_of_the_forgotten_caller_is_left_in_any_byte(here: World) -> None:
    async def kept() -> None:
        async with await here.open() as store:
            await fill(here, store, 996)

    async def forgotten() -> None:
        async with await here.open() as store:
            traced = await here.forgotten(store, "512-555-0177")
            assert (len(traced.own), len(traced.given_in)) == (3, 1)
            assert await store.shredder.sweep()
            assert list(places_of(here.folder)) == []  # the store is open still: its -wal and -shm are there
            for call in traced.calls:
                dossier = dossier_of(await collect(store, call))
                for audience in dossier.parties:
                    document = signed_evidence(dossier, here.key(), audience, made_at=START)
                    vcon = read_evidence(json.dumps(document)).vcon
                    (here.folder / f"{call}-{audience}.json").write_text(json.dumps(vcon, ensure_ascii=False))

    asyncio.run(kept())
    assert {line.partition(": ")[2] for line in places_of(here.folder)} == {each.decode() for each in THEIRS}
    asyncio.run(forgotten())
    run = CliRunner().invoke
    for what in ("calls", "answers", "ledger"):
        out = here.folder / f"{what}.csv"
        assert run(main, ["export", what, "--out", str(out), "--db", here.url]).exit_code == 0
    for command in (["show", "person_keys", "--all"], ["show", "person_speaks", "--json"], ["calls"]):
        told = run(main, [*command, "--db", here.url])
        assert told.exit_code == 0, told.output
        (here.folder / f"{command[1:2]}.txt").write_text(told.output)
    assert list(places_of(here.folder)) == []


async def test_evidence_verifies_after_forgetting_and_says_what_was_erased(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        before = await proof(store, here, "person_keys")
        view_before = await proof(store, here, "person_keys", "buyer:lonestar")
        await here.forgotten(store)
        after = await proof(store, here, "person_keys")
        report = verify(after)
        assert report.holds, [finding.sentence for finding in report.findings if finding.outcome == "fails"]
        assert {
            ("holds", "signed_by_own_key"),
            ("not_checked", "erased"),
            ("not_checked", "journal_erased"),
            ("holds", "facts_follow"),
            ("holds", "bill_stands"),
            ("holds", "ledger_agrees"),
        } <= outcomes(report)
        said = next(each for each in report.findings if each.code == "erased").sentence
        assert "by the desk" in said
        assert str(before.header["root"]) in said
        # What was handed out before is out of reach: it verifies by itself, and its digests stand in the new one.
        assert verify(before).holds
        assert verify(view_before).holds
        digests = after.bodies("erasure")["1/parts"]
        old = {part.name: part.digest for part in before.parts}
        assert {"call/caller", "journal/0", "answer/zip"} <= digests.keys()
        assert all(old[name] == digest for name, digest in digests.items())
        for audience in ("buyer:lonestar", "publisher:radio-tx"):
            view = verify(await proof(store, here, "person_keys", audience))
            assert view.holds, [each.sentence for each in view.findings if each.outcome == "fails"]
            assert ("not_checked", "erased") in outcomes(view)


async def test_the_salts_of_what_was_erased_are_gone_with_it(here: World) -> None:
    """The signing key is all that is left, and no value gives the digest that stands in place of it."""
    async with await here.open() as store:
        await fill(here, store, 0)
        before = await proof(store, here, "person_keys")
        answer = next(part for part in before.parts if part.name == "answer/zip")
        again = await proof(store, here, "person_keys")
        assert next(part for part in again.parts if part.name == "answer/zip").salt == answer.salt
        await here.forgotten(store)
        after = await proof(store, here, "person_keys")
        assert next(part for part in after.parts if part.name == "answer/zip").salt != answer.salt
        assert here.key().salt_key("person_keys") != here.key().salt_key("person_keys", "any")


async def test_money_and_times_stay(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        before = await store.call("person_keys")
        links = await store.ledger_links("person_keys")
        await here.forgotten(store)
        after = await store.call("person_keys")
        assert before is not None
        assert after is not None
        assert standing_micros(after.ledger, "revenue", "lonestar") == 45_000_000
        assert await store.ledger_links("person_keys") == links
        assert all(check.holds for check in await store.verify_ledger())
        for was, now in zip(before.verdicts, after.verdicts, strict=True):
            assert (was.billable, was.reason, was.timer, was.revenue_micros) == (
                now.billable, now.reason, now.timer, now.revenue_micros
            )  # fmt: skip
        assert [leg.bridged_at for leg in after.legs] == [leg.bridged_at for leg in before.legs]


def test_commands_on_a_forgotten_call_say_so_and_never_fail(here: World) -> None:
    async def forgotten() -> None:
        async with await here.open() as store:
            await fill(here, store, 2)
            await here.forgotten(store)

    asyncio.run(forgotten())
    run = CliRunner().invoke
    replayed = run(main, ["replay", "--all", "--db", here.url])
    assert replayed.exit_code == 0, replayed.output
    assert "2 of 2 calls replay to the same commands" in replayed.output
    assert "4 calls are erased" in replayed.output
    shown = run(main, ["show", "person_keys", "--db", here.url])
    assert "its caller was forgotten" in shown.output, shown.output
    disputed = run(
        main,
        [
            "dispute",
            "open",
            "person_keys",
            "--buyer",
            "lonestar",
            "--reason",
            "other",
            "--says",
            "no",
            "--db",
            here.url,
        ],
    )
    assert disputed.exit_code == 2
    assert "its caller was forgotten" in disputed.output
    for by in ("campaign", "buyer", "node", "reason", "day"):
        assert run(main, ["report", "--by", by, "--db", here.url]).exit_code == 0


async def test_a_forgotten_number_calls_again_as_a_stranger(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        assert await store.contacts("+15125550177", 0)
        await here.forgotten(store)
        assert await store.contacts("+15125550177", 0) == ()
        assert await store.contacts("[erased]", 0) == ()
        assert await store.earlier_calls("[erased]", 0) == ()
