"""Event loops whose time passes only while somebody is at work.

A call in a test has two ends, engine and carrier, with timers on both. By real time a busy machine, on which the
process stands still for seconds, makes every timer due at once: a caller is silent for too long who only had no
turn to speak. And on an idle machine most of a call is waiting for nothing.

Rules
1. A standstill does not count. Between two looks at what has happened time moves by what was waited for, and by
   `TURN_S` at most for the work in between.
2. While a thread of this process works, or a process that it started, time passes by the looks at them, each no
   longer than `LOOK_S`: as on the wall, and slower where the machine is short of turns.
3. While nobody works nothing can come before the next timer, so the loop goes there at once (`SkippingLoop`).

Theory of the third: what was written to a loopback socket can be read as soon as the writer goes on, and a thread
that was woken is runnable at once. So whatever is on its way shows, as a socket that is ready or as a thread that
the kernel says is running; long waits are looked at longer, should the kernel be late. Where there is no /proc to
ask, no wait is skipped.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TURN_S = 0.005
LOOK_S = 0.001
"""How long those who work are left to it before the next look."""
PATIENT_LOOKS = ((2.0, 0.008), (0.25, LOOK_S))
"""Of a wait that is longer than the first so much passes before it may be skipped, in seconds. Whoever waits for
seconds has a limit, and a busy kernel delivers what was written to a loopback socket milliseconds late.
"""

_AT_WORK = b"RD"
"""A thread's states: running or about to, and waiting for a disk."""
_CAN_LOOK = Path("/proc/self/task").is_dir() and Path("/proc/self/schedstat").exists()


class UnhurriedLoop(asyncio.SelectorEventLoop):
    """Waits as long as it is asked to: for tests of which a part keeps a time of its own."""

    skips = False

    def __init__(self) -> None:
        self._lost_s = 0.0
        self._at_most = time.monotonic() + TURN_S
        super().__init__(_Watched(self))

    def time(self) -> float:
        return min(time.monotonic() - self._lost_s, self._at_most)

    def wait_begins(self) -> float:
        """When, by this loop's time. What its own work took beyond a turn is lost from here on."""
        began = self.time()
        self._lost_s = time.monotonic() - began
        return began

    def wait_ended(self, latest: float) -> None:
        """It should not have lasted beyond `latest`."""
        self.it_is(min(time.monotonic() - self._lost_s, latest))

    def is_anybody_at_work(self) -> bool:
        """Whether anything can come before the next timer, as far as is known."""
        return True

    def it_is(self, now: float) -> None:
        """It is `now`, whatever was waited for."""
        self._lost_s = time.monotonic() - now
        self._at_most = now + TURN_S


class SkippingLoop(UnhurriedLoop):
    """Goes to the next timer where nobody is at work until then."""

    skips = _CAN_LOOK

    def __init__(self) -> None:
        self._processes: list[asyncio.SubprocessTransport] = []
        self._worker = ""  # the thread that was at work when somebody looked last
        self._threads_seen: dict[str, _Seen] = {}
        super().__init__()

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        transport, protocol = await super().subprocess_exec(*args, **options)
        self._processes.append(transport)
        return transport, protocol

    def is_anybody_at_work(self) -> bool:
        """Looks twice: between the looks each was asleep, and so all were at once, if none has run since."""
        first = self._sleepers()
        return first is None or first != self._sleepers()

    def _sleepers(self) -> list[bytes] | None:
        """What the kernel says of every other thread, how often it ran among it; None where one is at work.

        Who was at work a moment ago mostly is so still, and is asked first: looks at all of them would take
        the machine from whoever is waited for.
        """
        try:
            if self._worker and self._seen(self._worker).is_at_work():
                return None
            self._worker, found = "", []
            for thread in self._threads():
                seen = self._seen(thread)
                runs = seen.runs()
                if seen.is_at_work():
                    self._worker = thread
                    return None
                found.append(runs)
        except OSError:
            self._forget_the_ended()
            return None  # it has just ended: what it leaves is on its way
        return found

    def _seen(self, thread: str) -> _Seen:
        if (seen := self._threads_seen.get(thread)) is None:
            seen = self._threads_seen[thread] = _Seen(thread)
        return seen

    def _forget_the_ended(self) -> None:
        self._worker = ""
        for name, seen in [*self._threads_seen.items()]:
            if not seen.is_there():
                self._threads_seen.pop(name).close()

    def _threads(self) -> Iterator[str]:
        """Those of this process, but for this one, and of the processes that it started."""
        self._processes = [process for process in self._processes if process.get_returncode() is None]
        own = str(threading.get_native_id())
        for process in ("self", *(process.get_pid() for process in self._processes)):
            tasks = f"/proc/{process}/task"
            for thread in os.listdir(tasks):  # noqa: PTH208  it is done in each wait, and Path takes its time
                if process != "self" or thread != own:
                    yield f"{tasks}/{thread}"

    def close(self) -> None:
        super().close()
        while self._threads_seen:
            self._threads_seen.popitem()[1].close()


class _Seen:
    """What the kernel says of a thread. The files stay open: opening them is most of a look's cost."""

    def __init__(self, thread: str) -> None:
        self._stat = os.open(f"{thread}/stat", os.O_RDONLY)
        try:
            self._schedstat = os.open(f"{thread}/schedstat", os.O_RDONLY)
        except OSError:
            os.close(self._stat)
            raise

    def runs(self) -> bytes:
        """How often it was given a processor, among what changes only when it is."""
        return os.pread(self._schedstat, 128, 0)

    def is_at_work(self) -> bool:
        stat = os.pread(self._stat, 512, 0)
        return stat[stat.rindex(b")") + 2] in _AT_WORK

    def is_there(self) -> bool:
        try:
            return bool(os.pread(self._stat, 1, 0))
        except ProcessLookupError:
            return False

    def close(self) -> None:
        os.close(self._stat)
        os.close(self._schedstat)


class _Watched(selectors.DefaultSelector):
    """Tells its loop how long it may have waited."""

    def __init__(self, loop: UnhurriedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or not self._loop.skips:
            return self._waited(timeout)
        now = self._loop.time()
        due = now + timeout
        ready = self._waited(next((look for longer, look in PATIENT_LOOKS if timeout > longer), 0))
        while not ready and now < due:
            if self._loop.is_anybody_at_work():
                # A look counts for no more than itself, however long the machine takes over it.
                now = min(now + LOOK_S, due)
                ready = super().select(LOOK_S)
            elif not (ready := self._waited(0)):
                now = due
            self._loop.it_is(now)
        return ready

    def _waited(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        began = self._loop.wait_begins()
        ready = super().select(timeout)
        self._loop.wait_ended(float("inf") if timeout is None else began + max(timeout, 0.0) + TURN_S)
        return ready
