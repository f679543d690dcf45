"""A caller who does what a story says.

Each question takes the next act. A question that begins while keys are still being pressed, or that
already holds some, takes none: the caller is answering it. When the acts run out, the caller is silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from engine.core.gathering import Asking
from engine.language.stories import CallerAct, HangUp, PressKeys
from engine.rehearsal.virtual_world import VirtualWorld


class ScriptedCaller:
    """Carries out the acts in order. `fell_silent_at` is the node that asked when there were none left."""

    def __init__(self, acts: Sequence[CallerAct], more: Callable[[], CallerAct | None] | None = None) -> None:
        """`more` is asked for an act when a question comes and none is left; None is a silent caller."""
        self._more = more
        self.left = deque(acts)
        self.fell_silent_at: str | None = None
        self._asking: Asking | None = None  # the question that has had its turn
        self._keys: PressKeys | None = None  # to be pressed when its prompt is over

    def notices(self, world: VirtualWorld) -> None:
        if world.machine.is_closed:
            return
        asking = world.call.asking
        if asking is not None and asking is not self._asking and not world.keys_coming:
            self._asking = asking
            if not asking.digits:
                self._take_act(world)
        self._hang_up_during(world)
        keys = self._keys
        if keys is not None and asking is not None and (keys.during_prompt or asking.playing is None):
            self._keys = None
            world.presses(keys.keys)

    def _take_act(self, world: VirtualWorld) -> None:
        if not self.left and self._more is not None and (another := self._more()) is not None:
            self.left.append(another)
        if not self.left:
            self.fell_silent_at = self.fell_silent_at or world.call.node
            return
        act = self.left[0]
        if isinstance(act, HangUp) and act.during is not None:
            return  # waits for its node, not for a question
        self.left.popleft()
        if isinstance(act, HangUp):
            world.hangs_up(act.after_ms)
        elif isinstance(act, PressKeys):
            self._keys = act

    def _hang_up_during(self, world: VirtualWorld) -> None:
        act = self.left[0] if self.left else None
        if not isinstance(act, HangUp) or act.during is None:
            return
        if self._keys is not None or world.keys_coming:
            return  # one act after another
        began_at = world.entered.get(act.during)
        is_there = world.call.node == act.during
        if began_at is not None and (is_there or began_at == world.now):
            self.left.popleft()
            world.hangs_up(max(0, began_at + act.after_ms - world.now))
