"""What of a call is whose: who may hear a recording, what a buyer may read of its part in a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from engine.core.journal import JsonObject
from engine.exchange.codes import CANDIDATE_CODES

_OF_OTHERS = ("campaign_cap_", "publisher_cap_", "duplicate")
"""Codes whose sentence may name another party, or count what it has."""

_NEVER = 1 << 62


def as_the_buyer_reads_it(candidate: JsonObject) -> JsonObject:
    """A candidate without what others are worth to the network, and without a sentence that names them."""
    own = {key: held for key, held in candidate.items() if key != "expected_micros"}
    code = str(candidate["code"])
    if code.startswith(_OF_OTHERS) and code in CANDIDATE_CODES:
        own["sentence"] = CANDIDATE_CODES[code]
    return own


def for_the_network_alone(candidate: JsonObject) -> JsonObject:
    """What `as_the_buyer_reads_it` leaves out."""
    own = as_the_buyer_reads_it(candidate)
    return {key: held for key, held in candidate.items() if held is not None and own.get(key) != held}


def talkers(recording: JsonObject, legs: Iterable[JsonObject]) -> frozenset[str]:
    """Who talks with the caller in the recording: buyers by their keys, "" for the network's own people."""
    begins = cast(int, recording["started_at_ms"])
    lasted = recording["duration_ms"]
    ends = begins + lasted if isinstance(lasted, int) else _NEVER
    return frozenset(
        str(leg["buyer"] or "")
        for leg in legs
        if isinstance(leg["bridged_at"], int)
        and leg["bridged_at"] < ends
        and (cast("int | None", leg["ended_at"]) or _NEVER) > begins
    )


def split(body: Mapping[str, object], names: Iterable[str]) -> tuple[JsonObject, JsonObject]:
    """The body without these names, and these names alone."""
    taken = frozenset(names)
    plain = cast(JsonObject, body)
    return (
        {key: held for key, held in plain.items() if key not in taken},
        {key: held for key, held in plain.items() if key in taken},
    )
