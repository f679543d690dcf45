"""Answers that came with the call: a publisher's signed parameters, each with its source.

What is believed was decided before the call arrived (`CallArrived.parameters`). What is not, and what is no
answer of the flow's, is said in the call's record and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.core.behaviour import TAKES_PARAMETERS_IN_ORDER
from engine.core.commands import Record
from engine.core.conditions import Details
from engine.core.facts import Source, Turn

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.market import NumberEntry


def keep_parameters(call: Call, entry: NumberEntry) -> None:
    """Learn what the publisher sent, before the first node runs."""
    arrived = call.arrived
    if arrived.parameters_ignored:
        _say(call, "parameters_ignored", {"why": arrived.parameters_ignored})
    digest = hashlib.sha256(json.dumps(dict(arrived.parameters), sort_keys=True).encode()).hexdigest()
    for parameter, text in _in_order(call, entry):
        answer = entry.parameters.get(parameter)
        kind = call.flow.answers.get(answer or "")
        if answer is None or kind is None:
            continue
        understood = kind.understand_value(text) or kind.understand_keys(text)
        if understood is None:
            _say(call, "parameter_unfit", {"parameter": parameter, "kind": kind.kind})
            continue
        source = Source(call.publisher, parameter, call.secrecy.digest_of(digest))
        call.learn(answer, understood, raw=text, mode="publisher", source=source)


def _in_order(call: Call, entry: NumberEntry) -> Iterator[tuple[str, str]]:
    """What was sent, in the order of the network's file: no record of the call needs to keep another one."""
    given = call.arrived.parameters
    if call.arrived.behaviour < TAKES_PARAMETERS_IN_ORDER:
        yield from given.items()
        return
    yield from ((parameter, given[parameter]) for parameter in entry.parameters if parameter in given)


def _say(call: Call, code: str, details: Details) -> None:
    call.do(Record(Turn(call.at, "publisher", "ignored", code, {}, {"publisher": call.publisher, **details})))
