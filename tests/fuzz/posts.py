"""A real engine on loopback, asked over HTTP: webhooks signed by the carrier's key, and every route of the API.

Nothing may be answered with a status of 500 or more, and nothing may leave a traceback in the log.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from tests.fuzz.mutation import mutated, mutated_bytes, mutated_text, odd_text
from tests.fuzz.soak import Soaked
from tests.journeys.journey_world import TOKEN, House, network, open_house, voice_form
from tests.runtime.kept_calls import kept_call

API_TOKEN = "open sesame"
PATHS = ("/carriers/twilio/voice", "/carriers/twilio/after/0", "/carriers/twilio/status/call-1/buyer-1")
WEBHOOK_SHARE = 0.8
POSTING_AT_ONCE = 16


class _Tracebacks(logging.Handler):
    """Keeps what was logged with a traceback."""

    def __init__(self, into: Soaked) -> None:
        super().__init__(logging.WARNING)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            kind = record.exc_info[0].__name__
            told = logging.Formatter().formatException(record.exc_info)
            self._into.faults.setdefault(f"{kind} in the log", told[-3_000:])


def soak_http(messages: int, seed_text: str, most_s: float) -> Iterator[Soaked]:
    """Both, one after the other, on one engine."""
    webhooks, api = Soaked("webhooks"), Soaked("API")
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        runner.run(_soak(Path(folder), (webhooks, api), messages, seed_text, most_s))
    yield from (webhooks, api)


async def _soak(
    folder: Path, found: tuple[Soaked, Soaked], messages: int, seed_text: str, most_s: float
) -> None:
    webhooks, api = found
    async with open_house(folder, network(folder / "flows"), api_token=API_TOKEN) as house:
        await kept_call(house.engine.store, "call-1")
        for soaked, work in (
            (webhooks, _webhooks(house, webhooks, int(messages * WEBHOOK_SHARE), seed_text, most_s)),
            (
                api,
                asyncio.to_thread(
                    _api, house, api, messages - int(messages * WEBHOOK_SHARE), seed_text, most_s
                ),
            ),
        ):
            handler = _Tracebacks(soaked)
            logging.getLogger().addHandler(handler)
            began = time.perf_counter()
            try:
                await work
            finally:
                logging.getLogger().removeHandler(handler)
                soaked.seconds = time.perf_counter() - began


def _judge(soaked: Soaked, status: int, what: str) -> None:
    soaked.messages += 1
    if status >= 500:
        where = what.partition(":")[0].partition("?")[0]
        soaked.faults.setdefault(f"{status} of {where}", what[:2_000])


async def _webhooks(house: House, soaked: Soaked, messages: int, seed_text: str, most_s: float) -> None:
    """Some side by side, since a refusal comes late."""
    base = f"http://{house.engine.http_address}"
    signed_for = house.engine.settings.public_url or base
    numbers = iter(range(messages))
    ends_at = time.perf_counter() + most_s

    async def posting(client: httpx.AsyncClient) -> None:
        for number in numbers:
            if time.perf_counter() > ends_at:
                return
            path, body, headers = _post(Random(f"{seed_text} webhooks {number}"), signed_for)
            told = f"message {number}: {body[:500]!r}"
            try:
                answer = await client.post(path, content=body, headers=headers)
            except httpx.TransportError as broken:
                soaked.faults.setdefault(f"{type(broken).__name__} at {path}", told)
                continue
            _judge(soaked, answer.status_code, f"{path}: {told}")

    async with httpx.AsyncClient(base_url=base, timeout=60) as client:
        await asyncio.gather(*(posting(client) for _ in range(POSTING_AT_ONCE)))


def _post(rng: Random, signed_for: str) -> tuple[str, bytes, list[tuple[bytes, bytes]]]:
    """A path, a body and headers: signed by the carrier's key, mostly."""
    path = rng.choice(PATHS) + (f"?zip={rng.randrange(99999)}" if rng.random() < 0.2 else "")
    pairs = _pairs(rng)
    body = urlencode(pairs).encode()
    signature = RequestValidator(TOKEN).compute_signature(f"{signed_for}{path}", FormData(pairs))
    if rng.random() < 0.1:
        signature = mutated_text(signature, rng)
    if rng.random() < 0.1:
        body = mutated_bytes(body, rng)
    printable = "".join(filter(str.isprintable, signature)).encode("utf-8", "replace")[:4_000].strip()
    return (
        path,
        body,
        [(b"Content-Type", b"application/x-www-form-urlencoded"), (b"X-Twilio-Signature", printable)],
    )


def _pairs(rng: Random) -> list[tuple[str, str]]:
    """A carrier's form as a list of fields, one of them odd, missing or given twice."""
    form = {
        **voice_form(f"CA{rng.getrandbits(128):032x}"),
        "CallDuration": "42",
        "CallToken": "t",
        "StirVerstat": "A",
    }
    changed = mutated(form, rng)
    pairs = (
        [(_encodable(name), _encodable(str(value))) for name, value in changed.items()]
        if isinstance(changed, dict)
        else []
    )
    if pairs and rng.random() < 0.2:
        name, value = rng.choice(pairs)
        pairs.append((name, value if rng.random() < 0.5 else _encodable(odd_text(rng))))
    return pairs


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:6_000]


def _api(house: House, soaked: Soaked, messages: int, seed_text: str, most_s: float) -> None:
    """Every operation that /openapi.json describes, with what fits and what does not."""
    base = f"http://{house.engine.http_address}"
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    ends_at = time.perf_counter() + most_s
    for operation in operations:
        each = max(1, messages // len(operations))

        @seed(f"{seed_text} {operation.label}")
        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def probe(case: Any) -> None:
            if time.perf_counter() < ends_at:
                answer = case.call(headers={"Authorization": f"Bearer {API_TOKEN}"}, timeout=60)
                _judge(
                    soaked,
                    answer.status_code,
                    f"{case.method} {case.formatted_path}: {case.as_curl_command()}",
                )

        probe()
