"""A network in bad weather, between an engine and a loopback carrier: requests of both go through it.

Status callbacks come late, twice or never, voice webhooks and questions for what comes next come twice, the REST
side is busy (429), does what it is asked and does not say so, or says so late. Who is dead is a bad gateway (502).
What it does is drawn from a seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI, Request, Response

from engine.rehearsal.loopback.serving import RestServer
from engine.runtime.clock import Clock

PASSED_ON = ("authorization", "content-type", "x-twilio-signature")


@dataclass
class Weather:
    """How many of a hundred requests go wrong, and how; `engine` and `carrier` are set once they are there."""

    draw: random.Random
    clock: Clock
    busy: int = 15
    unanswered: int = 8
    late: int = 15
    lost: int = 10
    twice: int = 20
    slow: int = 8
    retry_after: str = "1"
    engine: str = ""
    carrier: str = ""
    seen: Counter[str] = field(default_factory=Counter)

    def brings(self, what: str, percent: int) -> bool:
        is_so = self.draw.randrange(100) < percent
        self.seen[what] += is_so
        return is_so


@asynccontextmanager
async def rough_weather(weather: Weather) -> AsyncIterator[str]:
    """The URL of both sides, as each is known to the other."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    server = RestServer(app)
    async with httpx.AsyncClient(trust_env=False, timeout=60, verify=False) as onward:

        async def passed_on(to: str, request: Request) -> Response:
            headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
            url = f"{to}{request.url.path}"
            try:
                body = await request.body()
                answer = await onward.request(request.method, url, content=body, headers=headers)
            except httpx.TransportError:
                weather.seen["dead"] += 1
                return Response("", 502)
            kind = answer.headers.get("content-type", "text/plain")
            return Response(answer.content, answer.status_code, headers={"content-type": kind})

        @app.post("/2010-04-01/{path:path}")
        async def rest(path: str, request: Request) -> Response:
            if weather.brings("429", weather.busy):
                return Response("{}", 429, headers={"Retry-After": weather.retry_after})
            answer = await passed_on(weather.carrier, request)
            is_new = path.endswith("/Calls.json")
            if is_new and weather.brings("slow", weather.slow):
                await weather.clock.sleep(3_000)
            return (
                Response("", 504) if is_new and weather.brings("unanswered", weather.unanswered) else answer
            )

        @app.get("/2010-04-01/{path:path}")
        async def asked(path: str, request: Request) -> Response:
            if weather.brings("429", weather.busy):
                return Response("{}", 429, headers={"Retry-After": weather.retry_after})
            return await passed_on(weather.carrier, request)

        @app.post("/carriers/twilio/status{path:path}")
        async def callback(path: str, request: Request) -> Response:
            if weather.brings("lost", weather.lost):
                return Response(status_code=204)
            if weather.brings("late", weather.late):
                await weather.clock.sleep(3_000)
            if weather.brings("twice", weather.twice):
                await passed_on(weather.engine, request)
            return await passed_on(weather.engine, request)

        @app.post("/carriers/twilio/{path:path}")
        async def question(path: str, request: Request) -> Response:
            if weather.brings("asked twice", weather.twice):
                await passed_on(weather.engine, request)
            return await passed_on(weather.engine, request)

        await server.open()
        try:
            yield server.url
        finally:
            await server.close()
