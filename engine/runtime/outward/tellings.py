"""Telling a buyer of the call that is about to reach it: a webhook, sent while its phone begins to ring."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from engine.core.commands import TellBuyer, Told
from engine.core.conditions import Value
from engine.core.events import BuyerTold
from engine.core.money import format_money
from engine.runtime.outward.pinging import AskingCall
from engine.runtime.outward.requests import Outward, OutwardFailed

HEADER = "X-Cordboard-"
MOST_HEADERS = 1_000  # of characters, all together: the strictest carrier takes fewer than 1024


async def tell_buyer(command: TellBuyer, outward: Outward, asking: AskingCall) -> BuyerTold:
    """The event that answers the command; its time is still to be set. Whatever happens, the call goes on."""
    content = {
        "call": asking.call,
        "leg": command.leg,
        "buyer": command.buyer,
        "campaign": command.campaign,
        "caller": asking.number,
        "price": format_money(command.price_micros),
        "answers": {told.name: told.value for told in command.told},
    }
    try:
        reply = await outward.post(command.url, content, command.timeout_ms, command.secret)
    except OutwardFailed as failed:
        is_late = failed.kind == "late"
        return BuyerTold(0, command.leg, "timeout" if is_late else "failed", ms=failed.ms, detail=str(failed))
    if reply.is_success:
        return BuyerTold(0, command.leg, "delivered", ms=reply.ms, detail=f"HTTP {reply.status}")
    return BuyerTold(0, command.leg, "failed", ms=reply.ms, detail=f"HTTP {reply.status}")


def with_headers(to: str, headers: Sequence[Told]) -> str:
    """The SIP address with the headers that its call carries; a telephone number carries none.

    Headers that would make them too long together are left out, from the first that does not fit.
    """
    if not headers or not to.startswith(("sip:", "sips:")):
        return to
    address, _, own = to.partition("?")
    parts = [own] if own else []
    for told in headers:
        part = f"{HEADER}{_titled(told.name)}={quote(_written(told.value), safe='')}"
        if sum(map(len, parts)) + len(parts) + len(part) > MOST_HEADERS:
            break
        parts.append(part)
    return f"{address}?{'&'.join(parts)}" if parts else to


def _titled(name: str) -> str:
    return "-".join(word.capitalize() for word in name.replace(".", "_").split("_") if word)


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
