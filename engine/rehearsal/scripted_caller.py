"""A caller who does what a story says.

Each question takes the next act. A question that begins while keys are still being pressed, or that
already holds some, takes none: the caller is answering it. What is to be said waits for a question that
listens, and keeps what comes after it waiting too. A message takes acts until it is over: sentences, then
the key or the hang-up that ends it, or a silence. When the acts run out, the caller is silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from engine.core.commands import Listen
from engine.core.gathering import Asking
from engine.core.messages import MessageTaken
from engine.language.stories.story import (
    KEY_GAP_MS,
    CallerAct,
    EndCall,
    PlayRecording,
    PressKeys,
    SaySomething,
    Speaking,
)
from engine.rehearsal.spoken import NothingHears, StoryEar, in_words
from engine.rehearsal.virtual_world import PAUSE_MS, VirtualWorld

EARLY_MS = 1_000  # into a prompt: when it is known which question it is


class ScriptedCaller:
    """Carries out the acts in order.

    `fell_silent_at` is the node that asked when there were none left; `unheard_at` are the nodes that take
    keys alone and had a caller who would have spoken; `unplayed` says why recordings were not heard.
    """

    def __init__(
        self,
        acts: Sequence[CallerAct],
        more: Callable[[bool], CallerAct | None] | None = None,
        ear: StoryEar | None = None,
    ) -> None:
        """`more` is asked for an act when a question comes and none is left; it is told whether the question
        listens, and gives None for a silent caller. `ear` is what recordings are played to."""
        self._more = more
        self._ear = ear
        self.left = deque(acts)
        self.fell_silent_at: str | None = None
        self.unheard_at: list[str] = []
        self.unplayed: list[str] = []
        self._asking: Asking | None = None  # the question that has had its turn
        self._answer: PressKeys | Speaking | None = None  # to be given when its prompt is over
        self._message: MessageTaken | None = None  # the message in which it has nothing more to say

    def notices(self, world: VirtualWorld) -> None:
        if world.machine.is_over:
            return
        asking = world.call.asking
        if asking is not None and asking is not self._asking and not world.keys_coming:
            self._asking = asking
            if not asking.digits:
                self._take_act(world)
        self._leave_message(world)
        self._act_during(world)
        answer = self._answer
        if answer is not None and asking is not None and (answer.during_prompt or asking.playing is None):
            self._give(answer, world)

    def _leave_message(self, world: VirtualWorld) -> None:
        """The next act, once the one before it was heard."""
        message = world.call.message
        if message is None or message is self._message or world.keys_coming or world.is_spoken_to:
            return
        if not self.left and self._more is not None:
            another = self._more(world.listening is not None)
            if another is None:
                self._message = message
            else:
                self.left.append(another)
        if not self.left:
            return
        act = self.left[0]
        if isinstance(act, EndCall):
            if act.during is None:
                self.left.popleft()
                world.hangs_up(act.after_ms, is_interruption=act.is_interruption)
            return
        if isinstance(act, SaySomething | PlayRecording) and world.listening is None:
            return
        self.left.popleft()
        if isinstance(act, PressKeys):
            world.presses(act.keys, act.gap_ms)
        elif isinstance(act, SaySomething | PlayRecording) and world.listening is not None:
            self._say(act, world, world.listening)
        else:
            self._message = message  # it stays silent until this message is over

    def _give(self, answer: PressKeys | Speaking, world: VirtualWorld) -> None:
        if isinstance(answer, PressKeys):
            self._answer = None
            self._press(answer, world)
        elif world.listening is not None:  # else the question listens once its prompt is over
            self._answer = None
            self._say(answer, world, world.listening)

    def _press(self, act: PressKeys, world: VirtualWorld) -> None:
        after_ms = max(KEY_GAP_MS, world.pressed_at + PAUSE_MS - world.now)
        if act.during_prompt:
            early_ms = min(EARLY_MS, world.prompt_ms // 2) or KEY_GAP_MS
            after_ms = early_ms if act.after_ms is None else act.after_ms
        world.presses(act.keys, act.gap_ms, after_ms)

    def _say(self, said: Speaking, world: VirtualWorld, question: Listen) -> None:
        if isinstance(said, SaySomething):
            world.says(in_words(said))
            return
        try:
            if self._ear is None:
                raise NothingHears("no recogniser was given to play it to")
            world.says(self._ear.hears(said.file, question))
        except NothingHears as reason:
            self.unplayed.append(f"{said.file}: {reason}")

    def _take_act(self, world: VirtualWorld) -> None:
        assert world.call.asking is not None
        listens = world.call.asking.listening.kind is not None
        if not self.left and self._more is not None and (another := self._more(listens)) is not None:
            self.left.append(another)
        if not self.left:
            self.fell_silent_at = self.fell_silent_at or world.call.node
            return
        act = self.left[0]
        if isinstance(act, EndCall | PressKeys) and act.during is not None:
            return  # waits for its node, not for a question
        if isinstance(act, SaySomething | PlayRecording) and not listens:
            if world.call.node not in self.unheard_at:
                self.unheard_at.append(world.call.node)
            return
        self.left.popleft()
        if isinstance(act, EndCall):
            world.hangs_up(act.after_ms, is_interruption=act.is_interruption)
        elif isinstance(act, PressKeys | SaySomething | PlayRecording):
            self._answer = act

    def _act_during(self, world: VirtualWorld) -> None:
        """Hang up, or press keys, at the node that the next act names."""
        act = self.left[0] if self.left else None
        if not isinstance(act, EndCall | PressKeys) or act.during is None:
            return
        if self._answer is not None or world.keys_coming or world.is_spoken_to:
            return  # one act after another
        began_at = world.entered.get(act.during)
        is_there = world.call.node == act.during
        if began_at is not None and (is_there or began_at == world.now):
            self.left.popleft()
            after_ms = max(0, began_at + (act.after_ms or 0) - world.now)
            if isinstance(act, PressKeys):
                world.presses(act.keys, act.gap_ms, after_ms)
            else:
                world.hangs_up(after_ms, is_interruption=act.is_interruption)
