"""Decisions among many buyers, beside CEL's own runtime: their cost, how it grows, and their place in a call.

A decision is what a call gets: everybody judged, the eligible ranked, the first of them with their traces.
The baseline judges the same clauses with CEL's own runtime, one buyer after the other, and neither ranks nor
traces. Ours and the baseline take turns.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import yaml
from cel_expr_python import cel

from engine.core.call import Call
from engine.core.commands import Record, Reserve
from engine.core.events import CallArrived
from engine.core.facts import Decision
from engine.core.flow import Revision
from engine.core.journal import to_json
from engine.core.machine import CallMachine
from engine.language.revisions import Published, publish
from engine.rehearsal.stories import run_story

from .core import _STORY, _figure, _medians
from .exchange_networks import VALUES, Trade, all_different, mixed, repeated

CEL_BASELINE = "CEL's own runtime, every clause of every buyer one by one, without ranking or traces"
READING_BASELINE = "libyaml's events of the same file, and CEL compiling each of its texts once"

_Trading = Callable[[int], Trade]
MIXES: Mapping[str, _Trading] = {
    "clauses that repeat": repeated,
    "clauses that are mixed": mixed,
    "no two clauses alike": all_different,
}
Figure = dict[str, object]


def figures(buyers: Sequence[int], rounds: int, progress: Callable[[str], None]) -> Iterator[Figure]:
    """For each kind of network: decisions among so many buyers, and how their cost grows with the last."""
    for told, trading in MIXES.items():
        costs: list[tuple[float, float]] = []
        for count in buyers:
            progress(f"deciding among {count:,} buyers, {told}")
            bench = _Bench(trading(count), f"among {count:,} buyers, {told}")
            costs.append(bench.decide(rounds))
            yield from bench.figures
        if len(buyers) > 1:
            (ours, theirs), (our_last, their_last) = costs[-2:]
            what = f"one decision among {buyers[-1]:,} beside one among {buyers[-2]:,}, {told}"
            yield _figure(what, "times the cost", our_last / ours, their_last / theirs, CEL_BASELINE)


class _Bench:
    """One network, read from YAML, and all that is measured of it."""

    def __init__(self, trade: Trade, told: str) -> None:
        self._trade = trade
        self._told = told
        self.figures: list[Figure] = []
        before = time.process_time()
        published = publish(trade.files)
        read_s = time.process_time() - before
        assert published.revision is not None, published.mistakes[:3]
        self._published: Published = published
        self._revision: Revision = published.revision
        before = time.process_time()
        for _ in yaml.parse(
            trade.files["network.yaml"], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        ):
            pass
        self._programs = self._compiled()
        bare_s = time.process_time() - before
        what = f"reading, checking and indexing a network {told}"
        self.figures.append(_figure(what, "CPU s", read_s, bare_s, READING_BASELINE))

    def decide(self, rounds: int) -> tuple[float, float]:
        """CPU seconds of one decision, ours and CEL's."""
        calls = [_call_at_the_choice(self._revision) for _ in range(2 * rounds)]
        market, buyers = self._revision.market, len(self._trade.clauses)
        eligible: list[int] = []

        def ours() -> None:
            decision = market.choose(calls.pop().moment, "roofing")
            written = sum(candidate.eligible for candidate in decision.candidates)
            eligible.append(written + decision.others.get("eligible", 0))

        def baseline() -> None:
            met = sum(all(each.eval(data=VALUES).value() for each in terms) for terms in self._programs)
            assert not eligible or met == eligible[-1]

        def in_full() -> None:
            whole = market.in_full().choose(calls.pop().moment, "roofing")
            assert len(whole.candidates) == buyers

        our_s, their_s = _medians(ours, baseline, rounds)
        full_s, _ = _medians(in_full, None, rounds)
        in_call_s, size = self._in_a_call(rounds)
        what = f"one decision {self._told}"
        self.figures += [
            _figure(what, "CPU ms", our_s * 1000, their_s * 1000, CEL_BASELINE),
            _figure(f"{what}: rebuilt with everybody's trace", "CPU ms", full_s * 1000, None, None),
            _figure(f"{what}: the whole step of a call's machine", "CPU ms", in_call_s * 1000, None, None),
            _figure(f"{what}: what the journal keeps of it", "kB", size / 1000, None, None),
        ]
        return our_s, their_s

    def _compiled(self) -> list[list[cel.Expression]]:
        environment = cel.NewEnv(
            variables={name: cel.Type.INT if name == "call.hour" else cel.Type.STRING for name in VALUES}
        )
        known: dict[str, cel.Expression] = {}
        for texts in self._trade.clauses:
            for text in texts:
                if text not in known:
                    known[text] = environment.compile(text)
        return [[known[text] for text in texts] for texts in self._trade.clauses]

    def _in_a_call(self, rounds: int) -> tuple[float, int]:
        """The machine's two steps of a choice (who is asked for a place, and the place granted), from the
        journal of a call that keys its answers; and the bytes of the decision that is kept."""
        events = [entry.event for entry in run_story(_STORY, self._published).journal]
        taken: list[float] = []
        for _ in range(rounds):
            machine = CallMachine(self._revision)
            spent = 0.0
            for event in events:
                before = time.process_time()
                commands = machine.receive(event)
                after = time.process_time()
                if any(isinstance(each, Reserve) for each in commands):
                    spent += after - before
                decided = [each for each in commands if isinstance(each, Record) and _is_decision(each)]
                if decided:
                    taken.append(spent + after - before)
                    size = len(json.dumps(to_json(decided[0])))
                    break
        return sorted(taken)[len(taken) // 2], size


def _is_decision(record: Record) -> bool:
    return isinstance(record.fact, Decision)


def _call_at_the_choice(revision: Revision) -> Call:
    """A call that knows its answers and has judged no clause yet."""
    arrived = CallArrived(0, "c1", "benchmark", "c1", "+15125550123", "+15550100", _STORY.started_at, seed=1)
    call = Call(revision, revision.flows["roofing"], arrived)
    call.campaign = "roofing"
    call.know(revision.market.values(call.moment))
    call.know(VALUES)
    return call
