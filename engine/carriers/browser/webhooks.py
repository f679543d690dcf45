"""What pages ask over HTTP: the page itself, leaves, a place for a call, and what rings.

| | body | answer |
|---|---|---|
| GET `phone`, `phone.css`, `phone.js`, `worklet.js` | | the page |
| POST `tokens`, by the operator's key | `as`: caller or buyer; `number` | `token`, good once, and soon |
| POST `calls` | a caller's `token` | `url`, `token` and `call` of the stream |
| POST `tabs` | a buyer's `token` | `tab`, the secret by which the tab asks |
| POST `tabs/next` | `tab`, `knows`: the leg that it shows | `rings`: `leg` and `shown`, or null |
| POST `tabs/answer`, `tabs/decline` | `tab`, `leg` | `url` and `token` of the stream; nothing |
| POST `tabs/leave` | `tab` | nothing |
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.carriers.browser.leaves import As, Leave, Leaves
from engine.carriers.browser.tabs import RingingLeg, Tabs, TooManyTabs
from engine.carriers.contract import Arriving, EngineDoor, LegNews, NotACall, TurnedAway
from engine.carriers.requests import JSON, CarrierWebhook, UnreadableBody, WebhookAnswer

PAGE: Mapping[str, tuple[str, str]] = {
    "phone": ("phone.html", "text/html"),
    "phone.css": ("phone.css", "text/css"),
    "phone.js": ("phone.js", "text/javascript"),
    "worklet.js": ("worklet.js", "text/javascript"),
}
"""Route → the file, and what it is."""
BY_LEAVE: Mapping[str, As] = {"calls": "caller", "tabs": "buyer"}
BY_TAB = frozenset({"tabs/next", "tabs/answer", "tabs/decline", "tabs/leave"})
MOST_CHARS = 200  # of a number
NOTHING = WebhookAnswer(200, "{}", JSON)


@cache
def page_file(name: str) -> str:
    """The text of a file of the page."""
    return files("engine.carriers.browser").joinpath("page", name).read_text("utf-8")


class TabRequests:
    """Answers pages. `key` is the operator's; "" lets nobody do anything."""

    def __init__(self, door: EngineDoor, key: str, leaves: Leaves, tabs: Tabs) -> None:
        self._door = door
        self._key = key
        self._leaves = leaves
        self._tabs = tabs

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """The page is for everybody; the rest asks for a key, or for what was given by it."""
        if not self._key:
            return False
        if webhook.method == "GET":
            return webhook.route in PAGE
        if webhook.route == "tokens":
            scheme, _, key = webhook.headers.get("authorization", "").partition(" ")
            return scheme.lower() == "bearer" and hmac.compare_digest(key.encode(), self._key.encode())
        return webhook.route in BY_LEAVE or webhook.route in BY_TAB

    def hold(self, webhook: CarrierWebhook) -> bool:
        if webhook.method == "GET" or webhook.route == "tokens":
            return self.may_hold(webhook)
        told = webhook.json()
        if (of := BY_LEAVE.get(webhook.route)) is not None:
            return self._leaves.holds(_text(told, "token"), of, self._door.now_s())
        return self._tabs.knows(_text(told, "tab"))

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method == "GET":
            name, kind = PAGE[webhook.route]
            return WebhookAnswer(200, page_file(name), kind)
        told = webhook.json()
        match webhook.route:
            case "tokens":
                return self._token(told)
            case "calls":
                return await self._call(_text(told, "token"))
            case "tabs":
                return self._wait(_text(told, "token"))
            case "tabs/next":
                return await self._next(_text(told, "tab"), _text(told, "knows"))
            case "tabs/answer":
                return await self._take(_text(told, "tab"), _text(told, "leg"))
            case "tabs/decline":
                self._tabs.decline(_text(told, "tab"), _text(told, "leg"))
            case "tabs/leave":
                self._tabs.close(_text(told, "tab"))
        return NOTHING

    def _token(self, told: Mapping[str, object]) -> WebhookAnswer:
        of, number = _text(told, "as"), _text(told, "number").strip()
        if of not in ("caller", "buyer") or not number or len(number) > MOST_CHARS:
            raise UnreadableBody(
                422, "expected {as: caller or buyer, number: whom to call, or who is called}"
            )
        leave = Leave("caller" if of == "caller" else "buyer", number)
        return _told({"token": self._leaves.issue(leave, self._door.now_s())})

    async def _call(self, token: str) -> WebhookAnswer:
        leave = self._leaves.use(token, "caller", self._door.now_s())
        if leave is None:
            return WebhookAnswer.refused(403, "this token was used")
        name = f"tab-{secrets.token_hex(12)}"
        try:
            at = await self._door.welcome(Arriving(name, "", leave.number, by_browser=True))
        except NotACall as refused:
            return WebhookAnswer.refused(422, str(refused))
        if isinstance(at, TurnedAway):
            return WebhookAnswer.refused(503, at.words or "the call isn't taken")
        return _told({"url": at.url, "token": at.token, "call": name})

    def _wait(self, token: str) -> WebhookAnswer:
        leave = self._leaves.use(token, "buyer", self._door.now_s())
        if leave is None:
            return WebhookAnswer.refused(403, "this token was used")
        try:
            return _told({"tab": self._tabs.open(leave.number)})
        except TooManyTabs:
            return WebhookAnswer.refused(503, "too many tabs wait already")

    async def _next(self, tab: str, known: str) -> WebhookAnswer:
        leg = await self._tabs.next(tab, known)
        return _told({"rings": None if leg is None else {"leg": leg.name, "shown": leg.shown}})

    async def _take(self, tab: str, name: str) -> WebhookAnswer:
        leg: RingingLeg | None = self._tabs.answer(tab, name)
        if leg is None:
            return WebhookAnswer.refused(409, "it rings no more")
        await self._door.leg_news(leg.call, leg.leg, LegNews("answered", name, said="answered"))
        return _told({"url": leg.url, "token": leg.token})


def _told(body: Mapping[str, object]) -> WebhookAnswer:
    return WebhookAnswer(200, json.dumps(body), JSON)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
