"""How deep JSON from outside may nest, counted in its text before anything reads it.

A reader of JSON runs out of stack somewhere past 900 levels (where, depends on the Python), and what walks
the value afterwards does so far earlier: a schema that refers to itself, from some 200. Nothing that
Cordboard is sent or writes needs more than a dozen.
"""

import re

MAX_LEVELS = 64

# A text in quotes as one piece, closed or not, so that its brackets are not seen; no part is tried twice.
_PIECE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


class NestedTooDeeply(ValueError):
    """The JSON has more than MAX_LEVELS lists and objects in each other."""

    def __init__(self) -> None:
        super().__init__(f"it is nested too deeply (more than {MAX_LEVELS} levels)")


def check_nesting(text: str) -> None:
    """Raises NestedTooDeeply; whether the text is JSON at all is left to its reader."""
    if text.count("[") + text.count("{") <= MAX_LEVELS:
        return
    level = 0
    for piece in _PIECE.finditer(text):
        match piece[0][0]:
            case "[" | "{":
                level += 1
                if level > MAX_LEVELS:
                    raise NestedTooDeeply
            case "]" | "}":
                level -= 1
