"""English words without their endings."""

from __future__ import annotations


def stem(word: str) -> str:
    """The word without its ending: "leaking" and "leaks" are one."""
    for ending, least in (("ings", 4), ("ing", 4), ("ies", 3), ("es", 4), ("ed", 4), ("s", 3), ("y", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            root = word[: -len(ending)]
            return root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls" else root
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
