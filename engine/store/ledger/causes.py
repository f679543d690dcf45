"""What made an entry of the ledger: a verdict, a carrier's record, a dispute's decision, an operator.

An entry keeps its cause as JSON, and its hash covers it. Entries of engines before 0.2.0 have none; theirs
follows from `made_by` and `why` as those engines wrote them, here and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Literal

from engine.core.conditions import Detail
from engine.core.journal import record_from_json, to_json
from engine.core.json_values import JsonObject
from engine.core.records import Frozen


class Cause(Frozen, frozen=True):
    """Who or what made an entry.

    `leg` is the one that a carrier's record is of, `dispute` the number of the dispute that was decided.
    `details` fill the sentence: of a carrier, its times and ours, what was and what is owed; of a dispute,
    how it was decided.
    """

    by: Literal["verdict", "carrier", "dispute", "operator", "unreadable"]
    leg: str = ""
    dispute: int | None = None
    details: Mapping[str, Detail] = {}


VERDICT = Cause("verdict")
OPERATOR = Cause("operator")


def cause_json(cause: Cause) -> JsonObject:
    """The cause as an entry's hash covers it."""
    written = to_json(cause)
    del written["type"]
    return written


def cause_text(cause: Cause) -> str:
    """The cause as its column keeps it."""
    return json.dumps(cause_json(cause), ensure_ascii=False, sort_keys=True)


def kept_cause(text: str | None) -> Cause | None:
    """The cause of a column; None where the entry was made by an older engine.

    A text that spells none is `unreadable`: the entry's hash does not cover it, and the chain breaks there.
    """
    if text is None:
        return None
    try:
        return record_from_json(Cause, json.loads(text))
    except (ValueError, AttributeError):
        return Cause("unreadable", details={"kept": text})


def cause_of(kept: Cause | None, made_by: str, why: str) -> Cause:
    """The cause that was kept with an entry, or the one that an older engine put in words."""
    if kept is not None:
        return kept
    if not made_by and not why:
        return VERDICT
    if made_by.startswith("carrier "):
        leg = re.search(r" of leg (\S+), ours ", why)
        return Cause("carrier", leg=leg[1] if leg else "")
    decided = re.match(r"dispute (\d+) (accepted|partly|rejected)(?=:|$)", why)
    if decided is not None:
        return Cause("dispute", dispute=int(decided[1]))
    return OPERATOR
