"""How the numbers of a voice webhook are taken: one spelling for one person, none where it is withheld."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.journey_world import (
    LONESTAR,
    SHORT_BILLS,
    House,
    answering,
    keys,
    network,
    open_house,
    signature,
    voice_form,
)

ANONYMOUS = "+266696687"  # the keys of the word, as carriers send it


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    changes = {**SHORT_BILLS, "currency: USD": "currency: USD\ncallers: {anonymous: refuse}"}
    async with open_house(tmp_path, network(tmp_path / "flows", changes)) as opened:
        yield opened


async def test_a_keyed_anonymous_is_refused_as_any_withheld_number(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=3))
    await house.call(keys(), from_=ANONYMOUS)
    shown = await house.shown()
    assert shown["from"] == ""
    assert {one["code"] for one in shown["decisions"][0]["candidates"]} == {"anonymous_caller"}


async def test_a_sip_address_is_the_number_in_it(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=3))
    await house.call(keys(), from_="sip:5125550123@pbx.example;user=phone")
    assert (await house.shown())["from"] == "+15125550123"


@pytest.mark.parametrize("field", ["From", "To"])
async def test_three_hundred_digits_are_refused_in_one_line(
    house: House, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    form = {**voice_form(), field: "+" + "1" * 300}
    async with httpx.AsyncClient() as client:
        answer = await client.post(house.voice_url, data=form, headers=signature(house.voice_url, form))
    assert answer.status_code == 400
    assert "found 301 characters" in answer.text
    told = [record.getMessage() for record in caplog.records if "301" in record.getMessage()]
    assert len(told) == 1
    assert len(told[0]) < 200
    assert "\n" not in told[0]
