"""hangup: end the call."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.answers import AnswerName
from engine.core.call import Call
from engine.core.prompts import Prompt
from engine.nodes.node_type import NodeType


@dataclass(frozen=True, slots=True)
class Hangup(NodeType):
    """Says `say`, heard to its end, and hangs up. A sensitive answer is said where `reveal` names it.

    ```yaml
    bye: {type: hangup, say: Thank you. Goodbye.}
    ```
    """

    say: Prompt | None = None
    reveal: tuple[AnswerName, ...] = ()

    async def run(self, call: Call) -> str:
        if self.say is not None:
            await call.finish_playing(call.play(call.say_items(self.say)))
        return "hangup"
