"""What is keyed once a call is answered: `+15550100,,123` calls +15550100, waits, and keys 123.

A comma waits two seconds, as on every mobile phone. `;ext=123` and `x123` are the same as `,123`. A SIP
address takes the commas alone: its `;ext=` is a parameter of its own, for whoever is called. Commas behind
the last key wait before the whisper begins.
"""

from __future__ import annotations

import re

PAUSE_MS = 2_000
PAUSE = ","
KEYS = frozenset("0123456789*#ABCD")
MOST_KEYS = 32
MOST_PAUSES = 15

_NUMBER = re.compile(r"(\+[1-9][0-9]{6,14})(?:(;ext=|x|,)(.*))?", re.DOTALL)
_SIP = re.compile(r"(sips?:[^,]*)(?:(,)(.*))?", re.DOTALL)


def parted(to: str) -> tuple[str, str]:
    """The number or address to call, and what is keyed once it's answered: keys and commas, or ""."""
    found = _NUMBER.fullmatch(to) or _SIP.fullmatch(to)
    if found is None:
        return to, ""
    return found[1], PAUSE + found[3] if found[2] else ""


def keying_mistake(keys: str) -> str:
    """What is wrong with the second part of `parted`; "" where nothing is."""
    strange = next((each for each in keys if each not in KEYS and each != PAUSE), "")
    if strange:
        return f"found {strange!a} among the keys after the answer"
    pressed = len(keys) - keys.count(PAUSE)
    if keys and not pressed:
        return "no key follows the comma"
    if pressed > MOST_KEYS:
        return f"found {pressed} keys after the answer, more than {MOST_KEYS}"
    if keys.count(PAUSE) > MOST_PAUSES:
        waits_s = keys.count(PAUSE) * PAUSE_MS // 1000
        return f"its commas wait {waits_s} s, more than {MOST_PAUSES * PAUSE_MS // 1000} s"
    return ""
