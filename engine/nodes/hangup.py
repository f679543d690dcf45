"""hangup: end the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Hangup:
    """Says `say`, heard to its end, and hangs up.

    ```yaml
    bye: {type: hangup, say: Thank you. Goodbye.}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ()

    say: Prompt | None = None

    async def run(self, call: Call) -> str:
        if self.say is not None:
            await call.finish_playing(call.play(call.say_items(self.say)))
        return "hangup"
