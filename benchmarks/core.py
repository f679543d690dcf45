"""CPU of the call machine: whole calls, and choosing among many buyers.

A whole call is the roofing network's: ZIP, need and insurance keyed, a buyer chosen and reserved, dialled,
told and joined for 95 seconds, the verdict and the ledger's entries. Its events are recorded once in a
virtual world; what is counted is making each event and the machine's work on it, nothing of the world.
Ours and the baseline take turns, and medians are compared, so that a busy machine burdens both.
`python -m benchmarks.core` prints the figures.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cel_expr_python import cel

from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.events import CallArrived, Event
from engine.core.flow import Revision
from engine.core.journal import to_json
from engine.core.machine import CallMachine
from engine.core.places import Place
from engine.language.revisions import Published, publish, read_network_dir
from engine.language.stories.expected import Expectation
from engine.language.stories.story import BuyerPlan, PressKeys, Story
from engine.rehearsal.stories import run_story

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "roofing", _HERE.parent / "examples/flows/roofing")  # of the wheel, of the checkout

JOURNAL_BASELINE = (
    "Python's json writing the same events and reading them back: the least of an engine that keeps a journal"
)
CEL_BASELINE = "CEL's own runtime evaluating the same clauses one by one, without a trace or a ranking"

_STORY = Story(
    name="a_sold_call",
    caller_number="+15125550123",
    called_number="+15550100",
    started_at=1_795_446_000_000,
    seed=1,
    caller=(PressKeys("78701"), PressKeys("2"), PressKeys("1")),
    buyers={"lonestar": BuyerPlan(answers_after_ms=3_000, talks_ms=95_000)},
    expect=Expectation(
        buyer="lonestar",
        billable=True,
        places={"buyer": Place("core.py", 1, 1), "billable": Place("core.py", 1, 1)},
    ),
    place=Place("core.py", 1, 1),
)

CLAUSES = 5
_VALUES: dict[str, Value] = {
    "zip": "78701",
    "zip.state": "TX",
    "zip.city": "Austin",
    "need": "replace",
    "insurance": "claim",
}


async def run(
    calls: int = 2_000,
    rounds: int = 5,
    buyers: Sequence[int] = (100, 1_000),
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Measure `rounds` times a side, a round of `calls` calls each."""

    def progress(text: str) -> None:
        if on_progress is not None:
            on_progress(text)

    progress("whole calls")
    figures = [_whole_calls(calls, rounds), _stories(calls // 4, rounds)]
    for count in buyers:
        progress(f"choosing among {count:,} buyers")
        figures.append(_choosing(count, rounds * 4))
    return {"name": "core", "figures": figures}


# Whole calls


def _whole_calls(calls: int, rounds: int) -> dict[str, object]:
    published = _roofing()
    assert published.revision is not None
    journal = run_story(_STORY, published).journal
    recorded = [(type(entry.event), _fields(entry.event)) for entry in journal]
    written = [to_json(entry.event) for entry in journal]

    def ours() -> None:
        for _ in range(calls):
            _play(recorded, published.revision)

    def baseline() -> None:
        for _ in range(calls):
            for event in written:
                json.loads(json.dumps(event))

    our_s, their_s = _medians(ours, baseline, rounds)
    what = f"whole roofing calls of {len(journal)} events through the machine"
    return _figure(what, "calls per CPU-second", calls / our_s, calls / their_s, JOURNAL_BASELINE)


def _play(recorded: Sequence[tuple[type, tuple[object, ...]]], revision: Revision | None) -> CallMachine:
    assert revision is not None
    machine = CallMachine(revision)
    for kind, fields in recorded:
        machine.receive(kind(*fields))
    assert machine.is_closed
    return machine


def _stories(stories: int, rounds: int) -> dict[str, object]:
    published = _roofing()

    def ours() -> None:
        for _ in range(stories):
            assert run_story(_STORY, published).passed

    what = "stories: the same call with its world, its journal written and replayed"
    return _figure(what, "stories per CPU-second", stories / _medians(ours, None, rounds)[0], None, None)


# Choosing


def _choosing(buyers: int, rounds: int) -> dict[str, object]:
    published = publish(_network_of(buyers))
    assert published.revision is not None, published.mistakes
    revision = published.revision
    texts = [text for number in range(buyers) for text in clauses(number)]
    environment = cel.NewEnv(variables=dict.fromkeys(_VALUES, cel.Type.STRING))
    programs = [environment.compile(text) for text in texts]
    calls = [_call_at_the_choice(revision) for _ in range(rounds)]

    def ours() -> None:
        decision = revision.market.choose(calls.pop().moment, "roofing")
        assert len(decision.candidates) + sum(decision.others.values()) == buyers

    def baseline() -> None:
        for program in programs:
            program.eval(data=_VALUES).value()

    our_s, their_s = _medians(ours, baseline, rounds)
    what = f"choosing among {buyers:,} buyers of {CLAUSES} clauses each, no two alike"
    return _figure(what, "CPU ms per choice", our_s * 1000, their_s * 1000, CEL_BASELINE)


def _call_at_the_choice(revision: Revision) -> Call:
    """A call that knows its answers and has judged no clause yet."""
    arrived = CallArrived(0, "c1", "benchmark", "c1", "+15125550123", "+15550100", 1_795_446_000_000, seed=1)
    call = Call(revision, revision.flows["roofing"], arrived)
    call.campaign = "roofing"
    call.know(revision.market.values(call.moment))
    call.know(_VALUES)
    return call


def clauses(number: int) -> tuple[str, ...]:
    """Five of the shapes that terms have; the number makes each text differ from every other buyer's."""
    return (
        f'zip.state in ["TX", "OK", "S{number}"]',
        f'zip.city != "Town {number}"',
        f'need == "replace" || zip < "{number:05d}"',
        f'insurance != "none" || zip == "{number:05d}"',
        f'zip >= "{number:05d}"',
    )


def _network_of(buyers: int) -> dict[str, str]:
    """The roofing flow with so many buyers."""
    files = read_network_dir(_folder())
    head, _, _ = files["network.yaml"].partition("\nbuyers:")
    names = ", ".join(f"b{number}" for number in range(buyers))
    head = head.replace("buyers: [lonestar, redriver, sunstate]", f"buyers: [{names}]")
    lines = [head, "buyers:"]
    for number in range(buyers):
        lines += [f"  b{number}:", f'    to: "+1555{number:07d}"', '    price: "45.00"', "    accepts:"]
        lines += ["      all:", *(f"        - '{clause}'" for clause in clauses(number))]
        lines += [f"    priority: {1 + number % 9}", "    billable: {after: 90s, timer_from: bridged}"]
    return {**files, "network.yaml": "\n".join(lines) + "\n"}


# Measuring


def _medians(
    ours: Callable[[], None], baseline: Callable[[], None] | None, rounds: int
) -> tuple[float, float]:
    """CPU seconds of a round of each, taking turns."""
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for times, work in zip(measured, (ours, baseline), strict=True):
            if work is not None:
                gc.collect()
                before = time.process_time()
                work()
                times.append(time.process_time() - before)
    return statistics.median(measured[0]), statistics.median(measured[1]) if measured[1] else 0.0


def _figure(
    what: str, unit: str, ours: float, baseline: float | None, baseline_is: str | None
) -> dict[str, object]:
    return {
        "what": what,
        "unit": unit,
        "ours": round(ours, 3),
        "baseline": None if baseline is None else round(baseline, 3),
        "baseline_is": baseline_is,
        "ratio": None if baseline is None else round(ours / baseline, 3),
    }


def _fields(event: Event) -> tuple[object, ...]:
    return tuple(getattr(event, name) for name in event.__struct_fields__)


def _folder() -> Path:
    return next(folder for folder in _FOLDERS if folder.is_dir())


def _roofing() -> Published:
    return publish(read_network_dir(_folder()))


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    import asyncio

    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
