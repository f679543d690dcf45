"""How soon a command is there, and what checking a large flow costs: an author's loop of edit, check, test.

Commands are processes of their own, as an author starts them, and what is counted is their CPU time, user
and system; one start that is not counted goes first and leaves Python's compiled files behind. Ours and the
baseline take turns, and medians are compared. `python -m benchmarks.start` prints the figures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import yaml

from engine.language.revisions import publish

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "roofing", _HERE.parent / "examples/flows/roofing")  # of the wheel, of the checkout

BARE = "a bare `python -c pass`"
YAML_ALONE = "a Python that does nothing but load the same file with PyYAML and libyaml"
NODE_OF_A_SMALL_FLOW = "a node of a flow with a tenth of the nodes"

Figure = dict[str, object]

_NETWORK = """\
network: large
currency: USD
numbers: {"+15550100": {campaign: all, publisher: radio}}
publishers: {radio: {name: Radio}}
campaigns:
  all: {flow: large, buyers: [lonestar], payout: {amount: "30.00", after: 90s, timer_from: bridged}}
buyers:
  lonestar:
    name: Lone Star Roofing
    to: "+15550111"
    price: "45.00"
    accepts: {all: ['zip.state == "TX"']}
    billable: {after: 90s, timer_from: bridged, requires: [zip]}
"""


async def run(
    starts: int = 7,
    nodes: Sequence[int] = (500, 5_000),
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Start each command `starts` times; `nodes` are the sizes of the flows that are checked."""
    return {"name": "start", "figures": list(_figures(starts, nodes, on_progress or (lambda _: None)))}


def _figures(starts: int, nodes: Sequence[int], progress: Callable[[str], None]) -> Iterator[Figure]:
    bare = ("-c", "pass")
    folder = str(next(folder for folder in _FOLDERS if (folder / "network.yaml").is_file()))
    for what, command in (
        ("cordboard --version", ("--version",)),
        ("cordboard check, the roofing example", ("check", folder)),
        ("cordboard test, the roofing example, until its first story", ("test", folder, "--story", "-")),
        ("cordboard test, the roofing example, all of its stories", ("test", folder)),
    ):
        progress(what)
        ours, baseline = _turns(("-m", "engine.cli", *command), bare, starts)
        yield _figure(what, "CPU ms", ours * 1000, baseline * 1000, BARE)
    few, many = nodes
    progress(f"a flow of {many} nodes")
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        for file, text in large_network(many).items():
            Path(name, file).write_text(text, encoding="utf-8")
        load = f"import yaml; yaml.load(open({str(Path(name, 'large.yaml'))!r}), yaml.CSafeLoader)"
        ours, baseline = _turns(("-m", "engine.cli", "check", name), ("-c", load), max(1, starts // 2))
    what = f"cordboard check, a flow of {many} nodes"
    has_libyaml = hasattr(yaml, "CSafeLoader")
    yield _figure(what, "CPU s", ours, baseline if has_libyaml else None, YAML_ALONE)
    rounds = max(1, starts // 2)
    progress(f"flows of {few} and {many} nodes")
    whole, small = _checking(many, rounds), _checking(few, rounds)
    what = f"reading and checking a node of a flow of {many} nodes"
    yield _figure(what, "CPU ms", whole / many * 1000, small / few * 1000, NODE_OF_A_SMALL_FLOW)


def _turns(ours: Sequence[str], theirs: Sequence[str], rounds: int) -> tuple[float, float]:
    """The median CPU seconds of a Python with these arguments, and of the other one."""
    _cpu_s(ours)
    pairs = [(_cpu_s(ours), _cpu_s(theirs)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _cpu_s(arguments: Sequence[str]) -> float:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=said, env=environment
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert child.returncode == 0, f"{' '.join(arguments)}: {said.read().decode(errors='replace')[-2000:]}"
    return used.ru_utime + used.ru_stime


def _checking(nodes: int, rounds: int) -> float:
    """The least CPU seconds that reading and checking such a network took."""
    files = large_network(nodes)
    taken: list[float] = []
    for _ in range(rounds):
        before = time.process_time()
        published = publish(files)
        taken.append(time.process_time() - before)
        assert published.revision is not None, published.mistakes[:3]
    return min(taken)


def large_network(nodes: int) -> dict[str, str]:
    """A network whose flow has so many nodes: questions, menus, branches and prompts, one after another."""
    answers, lines = ["  zip: {type: zip}"], []
    for number in range(nodes - 2):
        following = f"n{number + 1}" if number < nodes - 3 else "desk"
        lines.append(_node(number, following))
        if number % 5 == 1:
            repair = f"repair: {{key: 1, phrases: [repair, leak {number}]}}"
            options = f"{repair}, replace: {{key: 2, phrases: [new roof]}}"
            answers.append(f"  need{number}: {{type: choice, options: {{{options}}}}}")
    exits = "exits: {busy: bye, noanswer: bye, failed: bye}"
    lines += [f'  desk: {{type: bridge, to: "+15550102", next: bye, {exits}}}', "  bye: {type: hangup}"]
    head = ["flow: large", "start: n0", "exits: {noinput: desk, nomatch: desk}", "answers:"]
    return {"network.yaml": _NETWORK, "large.yaml": "\n".join([*head, *answers, "nodes:", *lines, ""])}


def _node(number: int, following: str) -> str:
    match number % 5:
        case 0:
            return f'  n{number}: {{type: say, say: "Thanks for calling, part {number}.", next: {following}}}'
        case 1:
            reprompts = f'noinput: ["I did not hear you.", "Please use your keypad, {number}."]'
            question = f'prompt: "Repair, or a new roof? {number}", {reprompts}'
            return f"  n{number}: {{type: collect, answer: need{number}, {question}, next: {following}}}"
        case 2:
            case_ = f'case{number}: need{number - 1} == "repair" && zip.state != "TX"'
            return (
                f"  n{number}:\n    type: branch\n    cases:\n      {case_}\n"
                f"    exits: {{case{number}: desk}}\n    next: {following}"
            )
        case 3:
            question = f'answer: zip, prompt: "Your ZIP? {number}"'
            return f"  n{number}: {{type: collect, {question}, next: {following}}}"
        case _:
            options = "options: {sales: {key: 1, phrases: [sales]}, service: {key: 2}}"
            exits = f"exits: {{sales: {following}, service: desk}}"
            return f'  n{number}: {{type: menu, prompt: "Sales or service? {number}", {options}, {exits}}}'


def _figure(what: str, unit: str, ours: float, baseline: float | None, baseline_is: str) -> Figure:
    return {
        "what": what,
        "unit": unit,
        "ours": ours,
        "baseline": baseline,
        "baseline_is": None if baseline is None else baseline_is,
        "ratio": None if baseline is None else ours / baseline,
    }


if __name__ == "__main__":
    import asyncio

    print(json.dumps(asyncio.run(run()), indent=2))
