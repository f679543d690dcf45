"""Good calls while strangers attack: how many reach a buyer, how soon a key is followed by the next prompt,
and what the attack costs in memory, beside the same calls left alone. The machine is shared with the
attackers, so each attack is also run on a bystander's ports: what the calls lose by that is the machine's.

The engine runs in a process of its own with the usual 1,024 open files, the attackers in another; this one
is the carrier. Callers begin evenly over `seconds`, key three answers over running prompts, and talk with the
buyer who accepts. `python -m benchmarks.strangers` prints the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from engine.cli.options import SWITCH_S
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, RehearsalStuck, tone
from engine.rehearsal.loopback.timeline import Happening
from engine.runtime.logs import set_up_logging
from engine.runtime.settings import Settings
from engine.web.serving import open_engine

from . import attacks, bystander
from .attacks import ATTACKS, Attack, Target
from .other_side import OtherSide, other_side

ACCOUNT, TOKEN = "AC" + "0" * 31 + "1", "a-token-of-the-benchmark"
BUYERS, CALLED = ("+15550111", "+15550112"), "+15550100"
KEYS = ("78701", "2", "1")
OPEN_FILES = 1024
ALONE = "the same calls, left alone, in the same run"
BESIDE = "the same calls, while a bystander's ports are attacked so"

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "roofing", _HERE.parent / "examples/flows/roofing")  # of the wheel, of the checkout
_STATM = Path("/proc/self/statm")
_LOOK_S = 0.5
_CAPS = re.compile(r"^ +caps: .*\n", re.MULTILINE)


async def run(
    calls: int = 100,
    seconds: float = 30.0,
    names: Sequence[str] = (),
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Measure the calls alone and under each attack, or those named; some `seconds` each."""
    tell = on_progress or (lambda _: None)
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            LoopbackCarrier(ACCOUNT, TOKEN, patience_s=20) as carrier,
            other_side(main, folder, carrier.api_url) as engine,
        ):
            for number in BUYERS:
                carrier.buyer(number, BuyerPhone.answers(after_s=0.5, presses=[(1.0, "1")], talk_s=1.0))
            target = _target(engine)
            tell("calls left alone")
            alone = await _measured(carrier, engine, target, calls, seconds)
            for attack in ATTACKS:
                if not names or attack.name in names:
                    tell(f"calls under attack: {attack.what}")
                    async with other_side(attacks.main, attack.name, target):
                        under = await _measured(carrier, engine, target, calls, seconds)
                    tell(f"calls beside an attack on others: {attack.what}")
                    async with (
                        other_side(bystander.main) as others,
                        other_side(attacks.main, attack.name, _target(others)),
                    ):
                        beside = await _measured(carrier, engine, target, calls, seconds)
                    figures += _figures(attack, alone, under, beside, calls)
    return {"name": "strangers", "figures": figures}


def _target(side: OtherSide) -> Target:
    return Target(f"127.0.0.1:{side.port}", side.tokens[0])


class Measured:
    """What came of a run of calls."""

    def __init__(self, reached: int, key_to_prompt_ms: Sequence[int], memory_mb: float, cpu_s: float) -> None:
        self.reached = reached
        self.p99_ms = _p99(key_to_prompt_ms)
        self.memory_mb = memory_mb
        self.cpu_s = cpu_s


async def _measured(
    carrier: LoopbackCarrier, engine: OtherSide, target: Target, calls: int, seconds: float
) -> Measured:
    known, before_mb = len(carrier.happenings), float(await engine.asked("memory"))
    before_s = float(await engine.asked("cpu"))

    async def one(number: int) -> None:
        await asyncio.sleep(number * seconds / calls)
        voice = f"http://{target.http}/carriers/twilio/voice"
        with contextlib.suppress(RehearsalStuck):  # it counts as a call that reached nobody
            caller = Caller.keys(KEYS, barge_in=True)
            await carrier.call(f"+1512555{known % 1000 + number:04d}", CALLED, caller, voice_url=voice)

    measuring = asyncio.gather(*(one(number) for number in range(calls)))
    most_mb = before_mb
    while not measuring.done():
        await asyncio.wait([measuring], timeout=_LOOK_S)
        most_mb = max(most_mb, float(await engine.asked("memory")))
    await measuring
    await carrier.settled()
    happened = carrier.happenings[known:]
    reached = sum(each.who == "buyer" and each.what == "voice_raised" for each in happened)
    cpu_s = float(await engine.asked("cpu")) - before_s
    return Measured(reached, _key_to_prompt_ms(happened), most_mb - before_mb, cpu_s)


def _key_to_prompt_ms(happened: Sequence[Happening]) -> list[int]:
    """From a key that cuts a question short to the beginning of the next one."""
    keyed: dict[str, int] = {}
    cut_short: dict[str, int] = {}
    found = []
    for each in happened:
        match each.what:
            case "key_pressed":
                keyed[each.call] = each.at_ms
            case "audio_cleared" if each.call in keyed:
                cut_short[each.call] = keyed.pop(each.call)
            case "prompt_ended":
                keyed.pop(each.call, None)
            case "prompt_began" if each.call in cut_short and each.who == "caller":
                found.append(each.at_ms - cut_short.pop(each.call))
    return found


def _figures(
    attack: Attack, alone: Measured, under: Measured, beside: Measured, calls: int
) -> list[dict[str, object]]:
    def figure(
        what: str, unit: str, ours: float, baseline: float, baseline_is: str = ALONE
    ) -> dict[str, object]:
        ratio = round(ours / baseline, 3) if baseline else None
        return {
            "what": f"{attack.what}: {what}",
            "unit": unit,
            "ours": round(ours, 1),
            "baseline": round(baseline, 1),
            "baseline_is": baseline_is,
            "ratio": ratio or 0.0,
        }

    return [
        figure("calls that reached a buyer", f"of {calls}", under.reached, alone.reached),
        figure("from key to prompt, 99 of 100 within", "ms", under.p99_ms, alone.p99_ms),
        figure("from key to prompt, 99 of 100 within", "ms", under.p99_ms, beside.p99_ms, BESIDE),
        figure("the engine's memory grew by", "MB", under.memory_mb, alone.memory_mb),
        figure("the engine's CPU in all", "s", under.cpu_s, alone.cpu_s),
    ]


def _p99(values: Sequence[int]) -> float:
    return float(sorted(values)[int(len(values) * 0.99)]) if values else float("inf")


# The engine's process


class _Tones:
    """A voice that costs nothing."""

    name = "tones"
    version = "1"

    async def render(self, text: str, language: str) -> bytes:
        return tone(440, 2000)


def main(folder: str, carrier_url: str, control: Connection) -> None:
    """Says where it listens, answers "memory" in MB and "cpu" in seconds so far, ends at "stop"."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    set_up_logging(30)
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "win32":
        asyncio.run(_serve(Path(folder), carrier_url, control))
    else:
        import uvloop

        uvloop.run(_serve(Path(folder), carrier_url, control))


async def _serve(folder: Path, carrier_url: str, control: Connection) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    settings = Settings(
        db=f"sqlite:///{folder / 'cordboard.db'}",
        http="127.0.0.1:0",
        media="127.0.0.1:0",
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,  # type: ignore[arg-type]  # pydantic makes a secret of it
        twilio_api_url=carrier_url,
        cache_dir=folder / "prompts",
        speech="off",
    )
    async with await open_engine(settings, _network(folder), voice=_Tones()) as engine:

        def obey() -> None:
            control.send((engine.web.port, [engine.media_address]))
            while (asked := control.recv()) != "stop":
                control.send(_memory_mb() if asked == "memory" else time.process_time())
            loop.call_soon_threadsafe(stopped.set)

        threading.Thread(target=obey, daemon=True).start()
        await stopped.wait()


def _memory_mb() -> float:
    if not _STATM.is_file():  # elsewhere than on Linux: its peak
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(_STATM.read_text().split()[1]) * resource.getpagesize() / 2**20


def _network(folder: Path) -> Path:
    """The roofing network, whose buyers take as many calls as come."""
    made = folder / "network"
    made.mkdir()
    (source,) = (each for each in _FOLDERS if each.is_dir())
    for path in source.glob("*.yaml"):
        if ".stories." not in path.name:
            (made / path.name).write_text(_CAPS.sub("", path.read_text()))
    return made


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
