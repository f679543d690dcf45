"""Sets of phrases that are read letter by letter, with whatever each phrase stands for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


def squashed(text: str) -> str:
    """Only the small letters and figures of a text: ``7-8, Oh!`` → ``78oh``, ``Sí`` → ``si``.

    Spacing, case, accents and punctuation are how a recogniser happens to write, not what a caller said.
    """
    return "".join(letter for letter in folded(text) if letter.isascii() and letter.isalnum())


def folded(text: str) -> str:
    """The text in small letters without accents."""
    small = text.lower()
    if small.isascii():
        return small
    parts = unicodedata.normalize("NFKD", small)
    return "".join(part for part in parts if not unicodedata.combining(part))


class Trie(Generic[T]):
    """Phrases by their squashed letters. Nodes are numbers, 0 is the root."""

    __slots__ = ("_children", "_ends")

    def __init__(self, phrases: Iterable[tuple[str, T]] = ()) -> None:
        self._children: list[dict[str, int]] = [{}]
        self._ends: dict[int, tuple[T, ...]] = {}
        for phrase, payload in phrases:
            self.add(phrase, payload)

    def add(self, phrase: str, payload: T) -> None:
        """Let `phrase` stand for `payload`; one phrase may stand for several."""
        node = 0
        for letter in squashed(phrase):
            following = self._children[node].get(letter)
            if following is None:
                following = len(self._children)
                self._children[node][letter] = following
                self._children.append({})
            node = following
        if node and payload not in self._ends.get(node, ()):
            self._ends[node] = (*self._ends.get(node, ()), payload)

    def step(self, node: int, letter: str) -> int | None:
        """The node one letter further on, None where no phrase goes on so."""
        return self._children[node].get(letter)

    def read(self, node: int, letter: str) -> tuple[int, tuple[T, ...]]:
        """One letter further: the phrase that is under way (0: none goes on), and those that end here."""
        at = self._children[node].get(letter)
        if at is None:
            return 0, ()
        return (at if self._children[at] else 0), self.ends(at)

    def ends(self, node: int) -> tuple[T, ...]:
        """What the phrase that ends at this node stands for; nothing where none ends."""
        return self._ends.get(node, ())

    def letters(self, node: int) -> Iterable[str]:
        """The letters by which some phrase goes on."""
        return self._children[node].keys()
