"""What carriers and scripts may ask of the HTTP side, and what they get."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from xml.etree import ElementTree as Xml

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from engine.media.tokens import pass_of
from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import (
    ACCOUNT,
    CALLED,
    LONESTAR,
    House,
    answering,
    keys,
    network,
    open_house,
    open_stream,
    signature,
    voice_form,
)
from tests.waiting import until

VOICE = "/carriers/twilio/voice"


async def test_a_signed_webhook_gets_a_stream_with_a_token_and_a_way_back(house: House) -> None:
    answer = await house.post(VOICE, voice_form())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    document = Xml.fromstring(answer.text)
    assert [child.tag for child in document] == ["Connect", "Redirect"]
    stream = document.find("./Connect/Stream")
    assert stream is not None
    token = next(one.get("value", "") for one in stream.findall("Parameter"))
    assert stream.get("url") == f"ws://{house.engine.media_address}/media/twilio/{pass_of(token)}"
    assert token not in stream.get("url", "")
    assert document.findtext("Redirect") == f"http://{house.engine.http_address}/carriers/twilio/after/0"


async def test_a_bad_signature_is_refused_with_a_log_line(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"http://{house.engine.http_address}{VOICE}"
    async with httpx.AsyncClient(verify=False) as http:
        signed = signature(url, voice_form())
        tampered = await http.post(url, data=voice_form(caller="+15125559999"), headers=signed)
        elsewhere = await http.post(f"{url}?x=1", data=voice_form(), headers=signed)
    assert (tampered.status_code, elsewhere.status_code) == (403, 403)
    assert sum("its signature is missing or invalid" in line for line in caplog.messages) == 2
    assert len(house.engine.arrivals) == 0


@pytest.mark.parametrize("path", [VOICE, "/carriers/twilio/after/0", "/carriers/twilio/status/call/buyer-1"])
async def test_an_unsigned_webhook_is_refused(house: House, path: str) -> None:
    assert (await house.post(path, voice_form(), signed=False)).status_code == 403


async def test_a_development_run_takes_unsigned_calls_from_loopback_but_no_bad_signature(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), allow_unsigned=True) as house:
        assert (await house.post(VOICE, voice_form(), signed=False)).status_code == 200
        url = f"http://{house.engine.http_address}{VOICE}"
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(url, data=voice_form(), headers={"X-Twilio-Signature": "bm8="})
        assert answer.status_code == 403


async def test_without_an_auth_token_every_call_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), twilio_auth_token="") as house:
        assert (await house.post(VOICE, voice_form())).status_code == 403


async def test_signatures_hold_for_the_public_url_behind_a_proxy(tmp_path: Path) -> None:
    public = "https://calls.example.com"
    async with open_house(tmp_path, network(tmp_path / "flows"), public_url=public) as house:
        form = voice_form()
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(
                f"http://{house.engine.http_address}{VOICE}",
                data=form,
                headers=signature(public + VOICE, form),
            )
        stream = Xml.fromstring(answer.text).find("./Connect/Stream")
        assert stream is not None
        assert stream.get("url", "").startswith("wss://calls.example.com/media/twilio/")


async def test_a_huge_body_is_refused_however_it_is_sent(house: House) -> None:
    url = f"http://{house.engine.http_address}{VOICE}"

    async def pieces():
        for _ in range(100):
            yield b"x" * 10_000

    async with httpx.AsyncClient(verify=False) as http:
        assert (await http.post(url, content=b"x" * 1_000_000)).status_code == 413
        assert (await http.post(url, content=pieces())).status_code in (411, 413)


async def test_a_webhook_without_a_call_is_refused(house: House) -> None:
    assert (await house.post(VOICE, {"AccountSid": ACCOUNT})).status_code == 400


async def test_a_withheld_number_is_no_number(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=1))
    call = house.begin(keys(), from_="anonymous")
    await house.quiet()
    shown = await house.shown(call.sid)
    assert shown["from"] == ""
    assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
    (buyer,) = house.carrier.buyer_calls
    assert buyer.from_ == CALLED


async def test_an_unknown_number_hears_sorry_and_is_recorded(house: House) -> None:
    await house.call(Caller(), to="+15550177")
    shown = await house.shown()
    assert (shown["to"], shown["ended_by"]) == ("+15550177", "error")
    assert shown["reason_code"] == "unknown_number"
    assert house.open_legs() == []
    assert await house.all_replay() == 1


async def test_a_full_engine_says_so_and_takes_calls_again_later(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), max_calls=1) as house:
        first = await house.post(VOICE, voice_form("CA" + "b" * 32))
        full = await house.post(VOICE, voice_form("CA" + "c" * 32))
        document = Xml.fromstring(full.text)
        assert [child.tag for child in document] == ["Say", "Hangup"]
        assert "busy" in (document.findtext("Say") or "")
        async with await open_stream(first.text, "CA" + "b" * 32) as socket:
            await socket.recv()
        while house.engine.calls:
            await asyncio.wait([live.finished for live in house.engine.calls.values()])
        assert [child.tag for child in Xml.fromstring((await house.post(VOICE, voice_form())).text)] == [
            "Connect",
            "Redirect",
        ]


async def test_a_call_that_is_over_here_is_brought_back_to_the_start_and_not_for_ever(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), return_wait_s=0) as house:
        await _brought_back(house)


async def _brought_back(house: House) -> None:
    carrier_call = "CA" + "d" * 32
    answer = await house.post(VOICE, voice_form(carrier_call))
    for _ in range(2):
        async with await open_stream(answer.text, carrier_call) as socket:
            await socket.recv()
            socket.transport.abort()  # gone without a stop, as when a network fails
        then = Xml.fromstring(answer.text).findtext("Redirect")
        assert then is not None
        answer = await house.post(httpx.URL(then).path, voice_form(carrier_call))
        assert [child.tag for child in Xml.fromstring(answer.text)] == ["Connect", "Redirect"]
    async with await open_stream(answer.text, carrier_call) as socket:
        await socket.recv()
    last = await house.post("/carriers/twilio/after/2", voice_form(carrier_call))
    assert [child.tag for child in Xml.fromstring(last.text)] == ["Say", "Hangup"]
    summaries = await house.engine.store.calls(10)
    assert [summary.record.carrier_call for summary in summaries] == [carrier_call] * 3
    assert {summary.record.ended_by for summary in summaries} == {"caller"}


async def test_after_a_normal_end_the_carrier_is_told_to_hang_up(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=1))
    call = await house.call(keys())
    answer = await house.post("/carriers/twilio/after/0", voice_form(call.sid))
    assert [child.tag for child in Xml.fromstring(answer.text)] == ["Hangup"]


async def test_a_stream_that_never_starts_is_forgotten_with_a_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), stream_timeout_s=2) as house:
        answer = await house.post(VOICE, voice_form())
        assert len(house.engine.arrivals) == 1
        caplog.set_level(logging.WARNING)
        await until(lambda: not len(house.engine.arrivals))
        assert any("its stream never started" in line for line in caplog.messages)
        with pytest.raises(InvalidStatus) as late:
            await open_stream(answer.text, "CA" + "a" * 32)
        assert late.value.response.status_code == 404
        (call,) = await house.engine.store.calls(10)
        assert call.record.reason == "stream_never_came"


async def test_the_api_is_closed_without_a_token_and_open_with_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows")) as house:
        assert (await house.get("/api/v1/calls", "anything")).status_code == 403
    async with open_house(tmp_path, tmp_path / "flows", api_token="let-me-in") as house:
        assert (await house.get("/api/v1/calls")).status_code == 401
        assert (await house.get("/api/v1/calls", "wrong")).status_code == 401
        await house.call(Caller(), to="+15550177")
        (listed,) = (await house.get("/api/v1/calls", "let-me-in")).json()
        shown = await house.get(f"/api/v1/calls/{listed['call']}", "let-me-in")
        assert shown.json() == await house.shown()
        assert (await house.get("/api/v1/calls/nobody", "let-me-in")).status_code == 404
        buyers = (await house.get("/api/v1/buyers", "let-me-in")).json()
        assert [buyer["buyer"] for buyer in buyers] == ["lonestar", "redriver", "sunstate"]


async def test_health_readiness_metrics_and_the_description_are_served(house: House) -> None:
    assert (await house.get("/healthz")).json() == {"status": "alive"}
    ready = await house.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    await house.call(Caller(), to="+15550177")
    metrics = (await house.get("/metrics")).text
    assert "cordboard_calls_started_total 1.0" in metrics
    assert "cordboard_calls_in_progress 0.0" in metrics
    assert 'cordboard_webhooks_total{outcome="accepted"} 1.0' in metrics
    paths = (await house.get("/openapi.json")).json()["paths"]
    assert {"/api/v1/calls", "/api/v1/calls/{call}", "/api/v1/buyers"} <= set(paths)


async def test_a_draining_engine_takes_no_call(house: House) -> None:
    house.engine.is_draining = True
    assert (await house.get("/readyz")).status_code == 503
    answer = await house.post(VOICE, voice_form())
    assert [child.tag for child in Xml.fromstring(answer.text)] == ["Say", "Hangup"]
