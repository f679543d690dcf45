"""What each code means, in one sentence that names no call: the reference's tables."""

from __future__ import annotations

from engine.core.limits import SCOPES, WINDOWS
from engine.wording.catalogue import Catalogue, english
from engine.wording.sentences import is_cap


def meaning(group: str, code: str, said: Catalogue | None = None) -> str:
    """The meaning of a code of `candidate`, `verdict` or `dispute`."""
    spoken = said or english()
    if group == "candidate" and is_cap(code):
        return _of_cap(code, spoken)
    return spoken.say(f"code.{group}.{code}", {})


def _of_cap(code: str, said: Catalogue) -> str:
    """``campaign_cap_connected_day``: whose cap, on what, in which window."""
    scope = next((scope for scope in SCOPES if code.startswith(f"{scope}_cap_")), "buyer")
    rest = code.removeprefix(f"{scope}_").removeprefix("cap_")
    window = next((window for window in WINDOWS if window in rest.split("_")), "now")
    what = next((what for what in ("connected", "billed", "spend") if what in rest.split("_")), "calls")
    name = "cap_concurrent" if rest == "concurrent" else f"cap_{what}"
    return said.say(f"code.candidate.{name}", {"scope": scope, "window": window})
