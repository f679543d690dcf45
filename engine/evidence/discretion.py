"""What of a call is whose: who may hear a recording, what a buyer may read of its part in a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from engine.core.facts import Candidate, Leg
from engine.core.journal import to_json
from engine.core.json_values import JsonObject
from engine.core.records import changed
from engine.exchange.caps import scoped_code
from engine.exchange.codes import CAP_CODES

_OF_OTHERS = frozenset(
    {
        *("duplicate", "duplicate_unknown"),
        *(scoped_code("campaign", code) for code in CAP_CODES),
        *(scoped_code("publisher", code) for code in CAP_CODES),
    }
)
"""Codes whose details may name another party, or count what it has."""

_NEVER = 1 << 62


def as_the_buyer_reads_it(candidate: Candidate) -> Candidate:
    """A candidate without what others are worth to the network, and without details that name them."""
    own = changed(candidate, expected_micros=None)
    return changed(own, details={}) if candidate.code in _OF_OTHERS else own


def candidate_json(candidate: Candidate) -> JsonObject:
    """A candidate as a part shows it; what the network expects of it is left out where it is not there."""
    return {
        name: held
        for name, held in to_json(candidate).items()
        if name != "type" and (name != "expected_micros" or held is not None)
    }


def for_the_network_alone(candidate: Candidate) -> JsonObject:
    """What `as_the_buyer_reads_it` leaves out."""
    own = candidate_json(as_the_buyer_reads_it(candidate))
    whole = candidate_json(candidate)
    return {name: held for name, held in whole.items() if held is not None and own.get(name) != held}


def talkers(recording: JsonObject, legs: Iterable[Leg]) -> frozenset[str]:
    """Who talks with the caller in the recording: buyers by their keys, "" for the network's own people."""
    begins = cast(int, recording["started_at_ms"])
    lasted = recording["duration_ms"]
    ends = begins + lasted if isinstance(lasted, int) else _NEVER
    return frozenset(
        leg.buyer or ""
        for leg in legs
        if leg.bridged_at is not None and leg.bridged_at < ends and (leg.ended_at or _NEVER) > begins
    )


def split(body: Mapping[str, object], names: Iterable[str]) -> tuple[JsonObject, JsonObject]:
    """The body without these names, and these names alone."""
    taken = frozenset(names)
    plain = cast(JsonObject, body)
    return (
        {key: held for key, held in plain.items() if key not in taken},
        {key: held for key, held in plain.items() if key in taken},
    )
