"""Where a caller says that they do not know."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.understanding.words import phrases, starts_at

_NOT_KNOWN = phrases(
    "i dont know, i do not know, dont know, do not know, dunno, i dunno, idk, not sure, im not sure, unsure,"
    "im unsure, not certain, no idea, no clue, havent a clue, havent got a clue, dont have a clue, who knows,"
    "cant remember, cannot remember, dont remember, do not remember, cant recall, dont recall, i forget,"
    "i forgot, ive forgotten, couldnt tell you, could not tell you, couldnt say, cant say, beats me,"
    "hard to say, hard to tell, cant tell, cant think of it, i wouldnt know, not that i know, no telling,"
    "not really sure, not quite sure, not too sure, not entirely sure, not a hundred percent sure,"
    "dont really know, dont actually know, honestly dont know, dont have it with me, dont have that with me"
)


def not_known_places(texts: Sequence[str]) -> frozenset[int]:
    """The words of a text that say "I don't know", "not sure", "no idea" and the like."""
    return places_of(texts, _NOT_KNOWN)


def places_of(texts: Sequence[str], lexicon: Collection[tuple[str, ...]]) -> frozenset[int]:
    """The words of a text that make one of these phrases."""
    longest = max(map(len, lexicon))
    places: set[int] = set()
    for at in range(len(texts)):
        places.update(range(at, at + starts_at(texts, at, lexicon, longest)))
    return frozenset(places)
