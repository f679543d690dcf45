"""Flows at random through which a secret wanders, and calls in them: who asks, who sends, who finds, who hears.

The network is read as a kept one is, without the checks of a draft: what a draft is refused for must do no
harm in a call either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from engine.core.commands import LookUp
from engine.core.events import CallArrived, Event, LookedUp
from engine.core.filters import FILTERS
from engine.core.flow import Revision
from engine.core.json_values import Json
from engine.core.records import changed
from engine.core.sayers import sayer
from engine.exchange.market import NetworkMarket
from engine.language.kept.reading import read_kept
from engine.language.stories.outside import REPLIES_NO_MORE, BidPlan, LookupPlan, ModelPlan
from engine.language.stories.story import BuyerPlan, PressKeys
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld

Drawn = dict[str, Any]

SSN = "830519274"
ACCOUNT = 718293645
SECRETS = (SSN, FILTERS["digits"](SSN, sayer("en-US")), str(ACCOUNT), str(ACCOUNT + 1))
"""The secrets as they are written, as they are said, and what is computed from one."""

NUMBER = "+15550100"
MONDAY_MORNING = 1_795_446_000_000
SALT = "00112233445566778899aabbccddeeff"

TEXTS = ("ssn", "copy", "other", "found")  # answers that may come to hold the SSN
FIGURES = ("account", "sum", "score")  # and the account's number
NAMES = (*TEXTS, *FIGURES, "is_ours")

_DIGITS = {"type": "digits", "length": 9}
_NUMBER = {"type": "number", "min": 0, "max": 1_000_000_000}
ANSWERS: Drawn = {
    "ssn": {**_DIGITS, "sensitive": True},
    "account": {**_NUMBER, "sensitive": True},
    **dict.fromkeys(("copy", "other", "found"), _DIGITS),
    **dict.fromkeys(("sum", "score"), _NUMBER),
    "is_ours": {"type": "yes_no"},
}


@dataclass(frozen=True)
class Plot:
    """A network as files, how its answers come to the call, and what each node reveals."""

    files: Mapping[str, str]
    sent: Mapping[str, str]  # by the publisher
    keyed: Sequence[str]
    is_bid: bool = True  # else the other buyer is called


_text, _figure, _any = st.sampled_from(TEXTS), st.sampled_from(FIGURES), st.sampled_from(NAMES)
_some = st.lists(_any, min_size=1, max_size=3, unique=True)
_revealed = st.just([]) | st.just(list(NAMES)) | _some


@st.composite
def _steps(draw: st.DrawFn) -> Drawn:
    """One node that does something with what is known."""
    kind = draw(
        st.sampled_from(("copy", "pick", "sum", "compare", "tag", "say", "look_up", "branch", "enter"))
    )
    text, figure, name = draw(_text), draw(_figure), draw(_any)
    into, counted = draw(st.sampled_from(TEXTS[1:])), draw(st.sampled_from(FIGURES[1:]))
    match kind:
        case "copy":
            return {"type": "set", "compute": {into: text}}
        case "pick":
            return {"type": "set", "compute": {into: f'{figure} > 5 ? {text} : "000000000"'}}
        case "sum":
            return {"type": "set", "compute": {counted: f"{figure} + 1"}}
        case "compare":
            return {"type": "set", "compute": {"is_ours": f'{text}.startsWith("8")'}}
        case "tag":
            return {
                "type": "tag",
                "tags": {"note": f"about {{{{ {name} }}}}", "is": f"{{{{ {text} | digits }}}}"},
            }
        case "say":
            return {"type": "say", "say": f"You are {{{{ {name} }}}}.", "reveal": draw(_revealed)}
        case "branch":
            return {"type": "branch", "cases": {"yes": f'{text}.startsWith("83051")'}}
        case "enter":
            return {
                "type": "subflow",
                "flow": "inner",
                "compute": {"who": text},
                "returns": {"note": "other"},
            }
    fields = {"found": "a", "score": "b"}
    return {
        "type": "lookup",
        "url": "https://api.example.com/look",
        "method": draw(st.sampled_from(("get", "post"))),
        "sends": {"q": text, "n": figure},
        "reveal": draw(_revealed),
        "answers": dict(draw(st.permutations(list(fields.items())))),
    }


INNER = {
    "flow": "inner",
    "start": "mark",
    "parameters": {"who": {"type": "text"}},
    "answers": {"note": _DIGITS},
    "returns": ["note"],
    "nodes": {
        "mark": {"type": "tag", "tags": {"who": "{{ who }}"}, "next": "keep"},
        "keep": {"type": "set", "compute": {"note": "who"}, "next": "back"},
        "back": {"type": "return"},
    },
}


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    """A network with one flow, and what comes to it from whom."""
    asked = draw(st.booleans())
    nodes: Drawn = {}
    if asked:
        nodes["ask"] = {"type": "collect", "answer": "ssn", "prompt": "Your number?", "confirm": "always"}
        nodes["ask_account"] = {"type": "collect", "answer": "account", "prompt": "Which account?"}
    else:
        nodes["find_out"] = {
            "type": "lookup",
            "url": "https://api.example.com/person",
            "answers": {"ssn": "s", "account": "a"},
        }
    nodes |= {
        f"step{number}": step for number, step in enumerate(draw(st.lists(_steps(), min_size=2, max_size=7)))
    }
    names = [*nodes, "find"]
    for name, following in zip(nodes, names[1:], strict=True):
        nodes[name] |= {"next": following}
        ways = {
            "collect": ("noinput", "nomatch"),
            "lookup": ("failed", "timeout", "notfound"),
            "branch": ("yes",),
        }
        if exits := ways.get(nodes[name]["type"]):
            nodes[name]["exits"] = dict.fromkeys(exits, following)
    whispered = draw(_any)
    nodes["find"] = {"type": "choose_buyer", "next": "connect", "exits": {"none": "bye"}}
    nodes["connect"] = {
        "type": "bridge",
        "whisper": f"Lead {{{{ {whispered} }}}}, {{{{ {draw(_text)} | digits }}}}. Press 1.",
        "accept": {"key": "1"},
        "reveal": draw(_revealed),
        "next": "bye",
        "exits": dict.fromkeys(("busy", "noanswer", "rejected", "failed"), "bye"),
    }
    nodes["bye"] = {"type": "hangup"}
    flow = {"flow": "main", "start": names[0], "answers": ANSWERS, "nodes": nodes}
    files = {"main.yaml": json.dumps(flow), "inner.yaml": json.dumps(INNER)}
    is_sent = draw(st.booleans())
    parameters = {"z": "account", "a": "ssn"}
    return Plot(
        {**files, "network.yaml": json.dumps(_network(draw, parameters))},
        {"a": SSN, "z": str(ACCOUNT)} if is_sent else {},
        (SSN, "1", f"{ACCOUNT}#", "1") if asked and not is_sent else (),
        draw(st.booleans()),
    )


def _network(draw: st.DrawFn, parameters: Mapping[str, str]) -> Drawn:
    text, figure = draw(_text), draw(_figure)
    where = draw(
        st.sampled_from((f'{text}.startsWith("83051")', f'{text} != ""', f"{figure} > 1", "is_ours"))
    )
    asks = {"url": "https://bids.example.com/ping"}
    return {
        "network": "secret",
        "zone": "America/Chicago",
        "numbers": {NUMBER: {"campaign": "only", "publisher": "radio"}},
        "publishers": {
            "radio": {"name": "Radio", "parameters": {"secret": "RADIO", "answers": dict(parameters)}}
        },
        "lookups": {"hosts": ["api.example.com"]},
        "webhooks": {
            "crm": {
                "url": "https://crm.example.com/hook",
                "secret": "CRM",
                "reveal": draw(_revealed),
                "events": ["answered", "qualified", "bridged", "billed", "not_billed", "ended"],
            }
        },
        "campaigns": {
            "only": {
                "flow": "main",
                "buyers": ["bidder", "fixed"],
                "payout": {"amount": "3.00", "after": "1s"},
            }
        },
        "buyers": {
            "fixed": {
                "to": "sip:desk@pbx.example.com",
                "price": "10.00",
                "accepts": where,
                "tell": {
                    "webhook": {"url": "https://buyer.example.com/pop"},
                    "headers": True,
                    "sends": draw(_some),
                    "reveal": draw(_revealed),
                },
                "billable": {"after": "1s", "requires": [draw(_any)], "when": where},
            },
            "bidder": {
                "to": "+15550112",
                "bid": {"ping": asks, "confirm": asks, "sends": draw(_some)},
                "billable": {"after": "1s", "requires": [draw(_any)]},
            },
        },
    }


class EchoingServices:
    """Web services that know the person, and give back whatever they are told; a bidder that bids."""

    world: VirtualWorld

    def __init__(self, *, is_bid: bool) -> None:
        self._is_bid = is_bid

    def bid(self, buyer: str) -> BidPlan:
        return BidPlan(amount_micros=12_000_000) if self._is_bid else BidPlan("no_bid")

    def lookup(self, node: str) -> LookupPlan:
        if node == "find_out":
            return LookupPlan(fields={"account": ACCOUNT, "ssn": SSN})
        asked = [one for one in self.world.commands if isinstance(one, LookUp) and one.node == node][-1]
        told = {one.name: one.value for one in asked.told}
        fields = {"found": told.get("q", "000000000"), "score": told.get("n", 7)}
        return LookupPlan(fields=fields)

    def model(self, node: str, number: int) -> ModelPlan:
        return REPLIES_NO_MORE


def played(plot: Plot, **more: Any) -> tuple[Revision, VirtualWorld, list[Event]]:
    """The call, and its events with the digests that real services' answers would have."""
    revision = read_kept(plot.files)
    assert isinstance(revision.market, NetworkMarket)
    services = EchoingServices(is_bid=plot.is_bid)
    caller = ScriptedCaller(tuple(PressKeys(keys) for keys in plot.keyed))
    world = VirtualWorld(
        revision,
        caller,
        lambda _: BuyerPlan(outcome="answers", talks_ms=90_000),
        Bookings(revision.market.network),
        outside=services,
    )
    services.world = world
    arrived = CallArrived(
        *(0, "call-1", "practice", "CA1", "+15125550123", NUMBER, MONDAY_MORNING, 7),
        **{"parameters": dict(plot.sent), "salt": SALT, **more},
    )
    assert world.run(arrived) is None
    return revision, world, [_as_kept(entry.event) for entry in world.journal]


def _as_kept(event: Event) -> Event:
    if not isinstance(event, LookedUp):
        return event
    return changed(event, sha256=sha256(dict(event.fields)))


def sha256(value: Json | Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def guessed_digests(plot: Plot) -> set[str]:
    """The plain digests that somebody finds who tries every number there is."""
    bodies = [
        {"account": ACCOUNT, "ssn": SSN},
        {"found": SSN, "score": ACCOUNT},
        {"found": SSN, "score": 7},
        {"found": SSN, "score": ACCOUNT + 1},
        dict(plot.sent) or {"a": SSN},
    ]
    texts = [hashlib.sha256(text.encode()).hexdigest() for text in SECRETS]
    return {*texts, *(sha256(body) for body in bodies)}
