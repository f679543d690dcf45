"""Three hundred wrong tokens: told a few times, answered by 429, and in nobody else's way."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from engine.web.wrong_tokens import FREE, MOST_PEERS, WINDOW_MS, WrongTokens
from tests.journeys.journey_world import network, open_house

GUESSER, FRIEND = "192.0.2.1", "192.0.2.2"


def test_a_peer_is_looked_at_now_and_then_after_ten_wrong_tokens() -> None:
    wrong = WrongTokens()
    looked = 0
    for now_ms in range(0, 30_000, 100):  # three hundred, ten a second
        if wrong.may_be_looked_at(GUESSER, now_ms):
            looked += 1
            wrong.was_wrong(GUESSER, now_ms)
    assert FREE < looked <= FREE + 6
    assert wrong.may_be_looked_at(FRIEND, 30_000)
    assert not wrong.may_be_looked_at(GUESSER, 30_000 - 50)
    assert all(wrong.may_be_looked_at(GUESSER, 30_000 + WINDOW_MS + n) for n in range(FREE))


def test_the_log_is_told_now_and_then_and_not_of_each(caplog: pytest.LogCaptureFixture) -> None:
    wrong = WrongTokens()
    with caplog.at_level(logging.WARNING):
        for number in range(300):
            if wrong.may_be_looked_at(GUESSER, number * 100):
                wrong.was_wrong(GUESSER, number * 100)
    lines = [line for line in caplog.messages if GUESSER in line]
    assert 2 <= len(lines) <= 4
    assert "requests to the API with a wrong token" in lines[0]


def test_what_is_known_of_peers_is_bounded() -> None:
    wrong = WrongTokens()
    for number in range(MOST_PEERS + 10):
        for _ in range(FREE):
            wrong.was_wrong(f"peer-{number}", 0)
    assert wrong.may_be_looked_at("peer-0", 1)
    assert not wrong.may_be_looked_at(f"peer-{MOST_PEERS + 9}", 1)


async def test_the_api_answers_wrong_tokens_by_429_and_a_right_one_as_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, speed=1.0, api_token="open sesame") as house:
        said: list[int] = []
        with caplog.at_level(logging.WARNING):
            for number in range(40):
                answer = await house.get("/api/v1/calls", f"guess-{number}")
                said += [answer.status_code]
            more = [house.get("/api/v1/calls", f"guess-{number}") for number in range(260)]
            said += [answer.status_code for answer in await asyncio.gather(*more)]
        assert set(said) == {401, 429}
        assert said[:FREE] == [401] * FREE
        assert said.count(429) > 200
        refused = await house.get("/api/v1/calls", "one more")
        assert (refused.status_code, refused.headers["retry-after"]) in ((429, "5"),)
        assert "guess-" not in caplog.text
        await house.engine.clock.sleep(5_100)
        assert (await house.get("/api/v1/calls", "open sesame")).status_code == 200
        assert (await house.get("/api/v1/calls")).status_code == 401  # without a token nothing is guessed


async def test_unsigned_calls_are_taken_only_under_a_name_of_this_machine(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, allow_unsigned=True) as house:
        form = {"CallSid": "CA1", "From": "+15125550123", "To": "+15550100"}
        url = f"http://{house.engine.http_address}/carriers/twilio/voice"
        async with httpx.AsyncClient(verify=False) as http:
            here = await http.post(url, data=form)
            rebound = await http.post(url, data=form, headers={"Host": "evil.example.com"})
        assert (here.status_code, rebound.status_code) == (200, 403)
