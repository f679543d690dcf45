"""say: tell the caller something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.answers import AnswerName
from engine.core.call import Call, next_event
from engine.core.events import CALLER, KeyPressed, PromptCleared, PromptFailed, PromptPlayed
from engine.core.gathering import SPEECH_ONLY, BargeIn
from engine.core.prompts import Prompt
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds


@dataclass(frozen=True, slots=True)
class Say(NodeType):
    """Says `say`, then goes on. A key cuts it short and is kept for the next question.

    What must be heard in full (a disclosure) says `barge_in: none`. A sensitive answer is said only where
    `reveal` names it: whoever calls hears it.

    ```yaml
    welcome: {type: say, say: "This call may be recorded.", barge_in: none, next: bye}
    ```
    ```yaml
    stories: {it_is_heard_and_the_call_goes_on: {expect: {path: [welcome, bye], ended_by: flow}}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    say: Prompt
    barge_in: BargeIn = "any"
    reveal: tuple[AnswerName, ...] = ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        interruptible = self.barge_in not in SPEECH_ONLY
        if interruptible and call.typed:
            return "next"  # keys wait already: the caller knows what comes
        prompt = call.play(call.say_items(self.say))
        while True:
            event = await next_event()
            if type(event) is KeyPressed and event.leg == CALLER and interruptible:
                call.stop_playing()
                return "next"
            if isinstance(event, PromptPlayed | PromptCleared | PromptFailed) and event.prompt == prompt:
                return "next"
