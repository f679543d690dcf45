"""The sounds that travel with the engine, as raw mu-law files made by `make_sounds`.

ringback and hold are made to be looped; sorry (sorry_es in Spanish) is what a caller hears when everything
else has failed, and therefore must not need a synthesiser. zip_lead_in is never played: the recogniser puts
it before what a caller said.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from engine.media.clips import Clip

SOUNDS = ("beep", "hold", "ringback", "silence", "sorry", "sorry_es", "zip_lead_in")


@cache
def sound(name: str) -> Clip:
    """The clip of one of `SOUNDS`."""
    if name not in SOUNDS:
        raise KeyError(f"no sound {name!r}; available: {', '.join(SOUNDS)}")
    return Clip(files(__name__).joinpath(f"{name}.ulaw").read_bytes())
