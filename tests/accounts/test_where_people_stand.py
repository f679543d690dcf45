"""A person's number and words are found wherever others wrote them, be the journal sealed or gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from engine.accounts.disputing import open_dispute
from engine.accounts.forgetting import forget, trace
from engine.accounts.opting_out import opt
from engine.core.commands import Record
from engine.core.facts import Answer
from engine.core.records import changed
from engine.exchange.disputes import Claim
from engine.exchange.retention import Retention
from engine.store.ledger.disputes import Dispute, Settlement
from engine.store.seal import Seal
from engine.store.store import Store
from engine.store.tables.opt_outs import OptOutStep
from tests.accounts.forgetting_world import PERSON, SPELLED, START, World, fill, keep, places_of, world
from tests.runtime.test_retention import DAY_MS, days_later

SAID = "my uncle Bartholomew wants a whole roof"


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path)


async def disputed(store: Store, call: str, says: str, why: str) -> Dispute:
    asked = Claim(call=call, buyer="lonestar", clause="", reason="other", says=says)
    opened = await open_dispute(store, asked, "lonestar", START + DAY_MS)
    return await store.decide_dispute(
        opened.dispute, Settlement("rejected", 45_000_000, None, why, "the desk")
    )


async def test_retention_of_numbers_takes_them_out_of_tags_and_disputes(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        keep(here, store, "person_keys", "tagged", PERSON, {}, tag="rang from 512.555.0177")
        await store.flush()
        await disputed(store, "tagged", "512-555-0177 is ours", "no: 5125550177 is a caller's")
        await days_later(here, store, 2, Retention(numbers_ms=DAY_MS))
        (dispute,) = await store.disputes()
        assert (dispute.says, dispute.why) == ("[erased]", "[erased]")
        spelled = [b"5125550177", b"512.555.0177", b"512-555-0177"]
        assert {each.partition("/")[0] for each in places_of(here.folder, spelled)} == {"recordings"}
        view = await store.call("tagged")
        assert view is not None
        assert [each.value for each in view.answers if each.name == "zip"] == ["79936"]


async def test_a_number_in_a_dispute_leads_to_its_call(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 2)
        await disputed(store, "other-0", "it is about an old roof", "the caller gave (512) 555-0177 instead")
        assert "other-0" in (await trace(store, PERSON)).given_in


@pytest.mark.parametrize("is_gone", [False, True])
async def test_words_are_known_of_sealed_journals_and_without_one(here: World, is_gone: bool) -> None:
    async with await here.open() as store:
        await store.keep_revision(here.published.revision.id, here.published.files)  # type: ignore[union-attr]
        for story in ("person_keys", "person_speaks"):
            keep(here, store, story, story, PERSON, {"friend": "Zweig"}, sealed=True)
        await store.flush()
        if is_gone:
            await days_later(here, store, 2, Retention(journals_ms=DAY_MS))
        assert "79936" in await store.shredder.words_of("person_keys")
        assert SAID in await store.shredder.words_of("person_speaks")
        assert ("Zweig" in await store.shredder.words_of("person_keys")) is not is_gone


async def test_what_a_buyer_quotes_of_a_sealed_call_is_erased(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        keep(here, store, "person_keys", "sealed", PERSON, {"friend": "Ottokar"}, sealed=True)
        await store.flush()
        await disputed(store, "sealed", "sent by Ottokar", "no")
        await here.forgotten(store)
        assert [each.says for each in await store.disputes()] == ["[erased]"]


async def test_a_number_that_another_caller_gave_in_confidence_is_found_by_its_mark(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 2)
        keep(here, store, "other_keys", "confided", "+13125550144", {}, sealed=True)
        zips = (
            each for _, commands in here.played["other_keys"] for each in commands if isinstance(each, Record)
        )
        answer = next(each.fact for each in zips if isinstance(each.fact, Answer))
        friend = changed(answer, name="friend", kind="phone", value=PERSON, raw=PERSON, sensitive=True)
        store.append_commands("confided", 900, [Record(friend)])
        await store.flush()
        traced = await trace(store, PERSON)
        assert traced.given_in == ("confided", "given-in")
        await here.forgotten(store)
        assert (await trace(store, PERSON)).calls == ()


async def test_a_mark_leads_nobody_without_the_key_to_the_number(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    seal, turned = Seal(Path(), old), Seal(Path(), f"{new},{old}")
    (mark,) = seal.marks_of("15125550177")
    assert mark in turned.marks_of("15125550177")
    assert mark not in Seal(Path(), new).marks_of("15125550177")
    assert Seal(tmp_path / "never.key").marks_of("15125550177") == ()
    assert not (tmp_path / "never.key").exists()


async def test_who_is_forgotten_stays_opted_out_by_a_mark_alone(here: World) -> None:
    async with await here.open() as store:
        keep(here, store, "person_keys", "mine", PERSON, {})
        await store.flush()
        assert await opt(store, OptOutStep(SPELLED, "out", None, "the desk", "by mail", START))
        await forget(store, await trace(store, SPELLED), here.holdings(), "the desk")
        (step,) = await store.wishes.opted_out()
        assert (step.number, step.why) == ("", "")
        assert await store.wishes.is_opted_out(PERSON)
