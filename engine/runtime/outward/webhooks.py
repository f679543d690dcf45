"""Sends the outbox: signed letters to the network's webhooks, one at a time for each call and webhook.

Rules
1. A letter is sent until any 2xx answers, or its webhook's attempts are used up: then it is dead.
2. Attempts are 5 s apart, then three times as long each, at most six hours; a fifth more or less, drawn from
   the letter's own name. Twelve attempts take about a day.
3. Nothing here is waited for by a call: it has a client, a task and connections of its own, and writes what
   came of many letters in one transaction.
4. A redirect is an answer like any other that is not 2xx. Of an answer little is read.

A letter carries `X-Cordboard-Delivery` (the same for every attempt), `X-Cordboard-Event`,
`X-Cordboard-Attempt` and `X-Cordboard-Signature` (`engine.runtime.outward.requests`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from engine.exchange.webhooks import Webhook, secret_of
from engine.media.certificates import trusted
from engine.runtime.clock import Clock
from engine.runtime.outward.requests import SIGNATURE, SecretMissingError, Secrets
from engine.store.outbox.letterbox import Letterbox
from engine.store.outbox.letters import Letter, LetterClaim, Sent

log = logging.getLogger("cordboard.webhooks")

POLL_MS = 1_000
GATHER_MS = 20  # what ends within it is noted in one transaction
IN_FLIGHT = 8  # letters at once to one webhook
FIRST_RETRY_MS = 5_000
LONGEST_RETRY_MS = 6 * 3_600_000
LEASE_BEYOND_MS = 30_000  # after the longest time that an attempt may take
KEPT_MS = 7 * 86_400_000  # what was delivered is kept so long
TIDY_EVERY_MS = 600_000
FAREWELL_S = 3.0
MOST_BYTES = 16 * 1024
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What one attempt came to, in an operator's words."""

    is_taken: bool
    detail: str


class WebhooksOut:
    """The task that sends what the outbox holds, from `start` until `close`."""

    def __init__(self, outbox: Letterbox, clock: Clock, keys: Secrets) -> None:
        self._outbox = outbox
        self._clock = clock
        self._keys = keys
        self._holder = secrets.token_hex(8)
        self._webhooks: Mapping[str, Webhook] = {}
        self._sending: dict[asyncio.Task[None], str] = {}
        self._sent: list[Sent] = []
        self._tidied_ms: int | None = None
        self._running: asyncio.Task[None] | None = None
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=trusted(),
            timeout=None,  # noqa: S113  every request is bounded as a whole, below
            headers={
                "User-Agent": "cordboard",
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",  # a kilobyte may unfold to a gigabyte; below it never does
            },
        )

    async def start(self, webhooks: Mapping[str, Webhook]) -> None:
        """Let the store tell these webhooks from now on, and send what is due."""
        for name, webhook in webhooks.items():
            try:
                self._keys.named(secret_of(name, webhook))
            except SecretMissingError as missing:
                log.warning("webhook %s gets nothing: %s", name, missing)
        await self._outbox.subscribe(webhooks)
        self._running = asyncio.create_task(self._run(), name="cordboard-webhooks")

    async def close(self) -> None:
        """Give what is on its way a moment to arrive; the rest is left to the next life."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            if self._sending:
                await asyncio.wait(self._sending, timeout=FAREWELL_S)
            for task in list(self._sending):
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)
            try:
                await self._outbox.leave(self._holder, self._sent)
            except Exception:
                log.exception("the outbox could not be written; its letters are sent again later")
        await self._http.aclose()

    # The round

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
            except Exception:
                log.exception("the outbox could not be read or written; it is tried again")
                await self._clock.sleep(POLL_MS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_MS / 1000 / self._clock.speed):
                    await self._outbox.news.wait()
                    await self._clock.sleep(GATHER_MS)

    async def _round(self) -> None:
        self._outbox.news.clear()
        now_ms = self._clock.now_ms()
        if self._tidied_ms is None or now_ms - self._tidied_ms >= TIDY_EVERY_MS:
            # Another worker may have put a newer network into service: its webhooks are told now.
            self._webhooks = await self._outbox.subscribed()
            await self._outbox.tidy(self._webhooks, now_ms - KEPT_MS)
            self._tidied_ms = now_ms
        if not self._sent and not await self._outbox.is_due(now_ms):
            return
        self._webhooks = await self._outbox.subscribed()
        noted = list(self._sent)
        letters = await self._outbox.turn(noted, self._claim(now_ms))
        del self._sent[: len(noted)]
        for letter in letters:
            sending = self._send(letter, self._webhooks[letter.webhook])
            task = asyncio.create_task(sending, name=f"letter {letter.entry}")
            self._sending[task] = letter.webhook
            task.add_done_callback(self._ended)

    def _claim(self, now_ms: int) -> LetterClaim:
        busy = Counter(self._sending.values())
        room = {name: IN_FLIGHT - busy[name] for name in self._webhooks}
        longest_ms = max((webhook.timeout_ms for webhook in self._webhooks.values()), default=0)
        return LetterClaim(self._holder, room, now_ms, now_ms + longest_ms + LEASE_BEYOND_MS)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a letter could not be sent", exc_info=error)
        self._outbox.news.set()

    # One letter

    async def _send(self, letter: Letter, webhook: Webhook) -> None:
        outcome = await self._attempt(letter, webhook)
        now_ms, attempts = self._clock.now_ms(), letter.attempts + 1
        if outcome.is_taken:
            self._sent.append(Sent(letter.entry, "delivered", outcome.detail, now_ms))
        elif attempts >= webhook.attempts:
            log.warning(
                "webhook %s: %s of call %s is given up after %d attempts: %s",
                letter.webhook,
                letter.event,
                letter.call,
                attempts,
                outcome.detail,
            )
            self._sent.append(Sent(letter.entry, "dead", outcome.detail, now_ms))
        else:
            due_at = now_ms + retry_after_ms(letter.delivery, attempts)
            self._sent.append(Sent(letter.entry, "waiting", outcome.detail, now_ms, due_at))

    async def _attempt(self, letter: Letter, webhook: Webhook) -> AttemptOutcome:
        body = letter.body.encode()
        try:
            signed = self._keys.signature(secret_of(letter.webhook, webhook), body, int(self._clock.now_s()))
        except SecretMissingError as missing:
            return AttemptOutcome(False, str(missing))
        headers = {
            "X-Cordboard-Delivery": letter.delivery,
            "X-Cordboard-Event": letter.event,
            "X-Cordboard-Attempt": str(letter.attempts + 1),
            SIGNATURE: signed,
        }
        try:
            async with asyncio.timeout(webhook.timeout_ms / 1000 / self._clock.speed):
                async with self._http.stream("POST", webhook.url, headers=headers, content=body) as answer:
                    said = "" if answer.is_success else await _beginning(answer)
                    return AttemptOutcome(answer.is_success, f"HTTP {answer.status_code}{said}")
        except TimeoutError:
            return AttemptOutcome(False, f"no answer within {webhook.timeout_ms} ms")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return AttemptOutcome(False, f"{type(error).__name__}: {error}"[:_SHOWN])


def retry_after_ms(delivery: str, attempts: int) -> int:
    """How long after so many attempts the next one comes; the same for the same letter."""
    plain_ms = min(FIRST_RETRY_MS * 3 ** (attempts - 1), LONGEST_RETRY_MS)
    draw = random.Random(f"{delivery} {attempts}")  # noqa: S311  spreads load, no secret
    return int(plain_ms * draw.uniform(0.8, 1.2))


async def _beginning(answer: httpx.Response) -> str:
    """The first words of a refusal: what a receiver says of its own mistake."""
    held = bytearray()
    async for chunk in answer.aiter_raw():
        held += chunk
        if len(held) >= MOST_BYTES:
            break
    words = " ".join(held[: 4 * _SHOWN].decode("utf-8", "replace").split())
    return f": {words[:_SHOWN]}" if words and words.isprintable() else ""
