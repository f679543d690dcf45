"""A number leaves the store: found in any spelling, erased in rows that may not change otherwise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.accounts.forgetting import trace
from engine.core.phone_numbers import international_digits
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.store.databases.database import open_database
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import metadata
from tests.accounts.forgetting_world import START, THEIRS, World, fill, keep, world


@pytest.mark.parametrize(
    ("spelled", "country", "digits"),
    [
        ("+15125550177", "US", "15125550177"),
        ("(512) 555-0177", "US", "15125550177"),
        ("1-512-555-0177", "US", "15125550177"),
        ("011 44 20 7946 0018", "US", "442079460018"),
        ("0044 20 7946 0018", "US", "442079460018"),
        ("0011 44 20 7946 0018", "AU", "442079460018"),
        ("+44 20 7946 0018", "US", "442079460018"),
        ("020 7946 0018", "GB", "442079460018"),
        ("sip:+15125550177@carrier.example", "US", "15125550177"),
        ("nobody", "US", ""),
    ],
)
def test_a_number_in_any_spelling_is_one_number(spelled: str, country: str, digits: str) -> None:
    assert international_digits(spelled, country) == digits


async def test_forgetting_a_short_number_erases_no_stranger_whose_number_ends_with_it(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with await here.open() as store:
        await fill(here, store, 3)
        began = [line.record.started_at for line in await store.calls(100)]
        assert (await trace(store, "5550177")).calls == ()
        assert (await trace(store, str(began[0])[:10])).calls == ()  # an instant is nobody's number
        assert (await trace(store, "555 0177", "GB")).calls == ()
        assert len((await trace(store, "512 5550177")).own) == 3


async def test_a_national_number_is_found_as_the_networks_country_writes_it(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with await here.open() as store:
        await fill(here, store, 0)
        keep(here, store, "other_keys", "british", "+442079460018", {})
        keep(here, store, "other_keys", "told", "+13125550144", {"callback": "call 020 7946 0018"})
        await store.flush()
        traced = await trace(store, "(020) 7946 0018", "GB")
        assert (traced.own, traced.given_in) == (("british",), ("told",))
        assert (await trace(store, "+44 20 7946 0018")).calls == ("british", "told")


async def left_in(url: str) -> set[str]:
    """Which of the person's values stand in any text of any table."""

    async def work(connection: Connection) -> set[str]:
        found = set()
        for table in metadata.sorted_tables:
            if table.name == "revisions":
                continue
            rows = await connection.execute(table.select())
            told = "\n".join(str(tuple(row)) for row in rows)
            found |= {one.decode() for one in THEIRS if one.decode() in told}
        return found

    database = await open_database(url, must_exist=True)
    try:
        return await database.read(work)
    finally:
        await database.close()


async def test_on_postgresql_nothing_of_the_person_is_left_in_any_row(empty_url: str, tmp_path: Path) -> None:
    here = world(tmp_path, empty_url)
    async with await here.open() as store:
        await fill(here, store, 20)
        assert await left_in(empty_url) == {one.decode() for one in THEIRS}
        traced = await here.forgotten(store)
        assert (len(traced.own), len(traced.given_in)) == (3, 1)
        assert await store.shredder.sweep()
        assert await left_in(empty_url) == set()
        assert not await store.shredder.has_traces()
        for call in traced.calls:
            assert dossier_of(await collect(store, call)).bodies["erasure/1"]
        assert all(check.holds for check in await store.verify_ledger())


async def test_on_postgresql_two_workers_ask_for_an_erasure_once(empty_url: str, tmp_path: Path) -> None:
    here = world(tmp_path, empty_url)
    async with await here.open() as store, await here.open() as other:
        await fill(here, store, 6)
        span = (0, START + 1)
        await asyncio.gather(*(each.shredder.ask_due("answers", span, 100) for each in (store, other, store)))
        asked = [each.call for each in await store.shredder.waiting()]
        assert len(asked) == len(set(asked)) == 10


async def refused(url: str, statement: str) -> None:
    """The database itself refuses it."""
    database = await open_database(url, must_exist=True)
    try:
        with pytest.raises(DBAPIError, match="verdicts is append-only"):
            await database.write(lambda connection: connection.execute(text(statement)))
    finally:
        await database.close()


async def changes_by_an_erasure_alone(here: World) -> None:
    """A verdict's body changes where an erasure is kept; what it owes never does."""
    free = "UPDATE verdicts SET revenue_micros = 0 WHERE call = 'person_keys'"
    async with await here.open() as store:
        await fill(here, store, 0)
    for statement in (free, "UPDATE verdicts SET body = '{}' WHERE call = 'person_keys'"):
        await refused(here.url, statement)
    async with await here.open() as store:
        await here.forgotten(store)
    for statement in (free, "DELETE FROM verdicts WHERE call = 'person_keys'"):
        await refused(here.url, statement)


async def test_a_verdict_changes_by_an_erasure_alone_and_its_money_never(tmp_path: Path) -> None:
    await changes_by_an_erasure_alone(world(tmp_path))


async def test_on_postgresql_likewise(empty_url: str, tmp_path: Path) -> None:
    await changes_by_an_erasure_alone(world(tmp_path, empty_url))
