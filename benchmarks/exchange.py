"""The exchange: decisions among 10, 1,000 and 10,000 buyers, and reservations on SQLite.

Each buyer has five clauses: a ZIP list of its own, states, a need, an alternative and an hour of the day; the
texts are mixed, so that some are many buyers' and some are one's. A decision is what a call gets: everybody
judged, the eligible ranked, the first of them with their traces. The baseline judges the same clauses with
CEL's own runtime, one buyer after the other, and neither ranks nor traces. Ours and the baseline take turns.
`python -m benchmarks.exchange` prints the figures.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable, Sequence

from cel_expr_python import cel

from benchmarks.core import _figure, _folder, _medians
from benchmarks.reservations import figures as reserving
from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.events import CallArrived
from engine.core.flow import Revision
from engine.language.revisions import publish, read_network_dir
from engine.understanding.zip_table import CODES, zip_table

ZIPS_OF_A_BUYER = 60
CEL_BASELINE = "CEL's own runtime, every clause of every buyer one by one, without ranking or traces"

_STARTED_AT = 1_795_446_000_000
_VALUES: dict[str, Value] = {
    "zip": "78701",
    "zip.state": "TX",
    "zip.city": "Austin",
    "need": "replace",
    "insurance": "claim",
}
_STATES = ("TX", "OK", "LA", "NM", "AR", "FL", "GA", "CA", "NY", "OH")
_NAMES = (*_VALUES, "call.hour")


async def run(
    buyers: Sequence[int] = (10, 1_000, 10_000),
    rounds: int = 15,
    reservations: int = 500,
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Measure `rounds` decisions a side, and so many reservations."""

    def progress(text: str) -> None:
        if on_progress is not None:
            on_progress(text)

    figures: list[dict[str, object]] = []
    for count in buyers:
        progress(f"deciding among {count:,} buyers")
        figures += _deciding(count, rounds)
    progress("reservations")
    figures += await reserving(reservations)
    return {"name": "exchange", "figures": figures}


# Decisions


def _deciding(buyers: int, rounds: int) -> list[dict[str, object]]:
    files, clauses = _network_of(buyers)
    published = publish(files)
    assert published.revision is not None, published.mistakes[:3]
    revision = published.revision
    environment = cel.NewEnv(
        variables={name: cel.Type.INT if name == "call.hour" else cel.Type.STRING for name in _NAMES}
    )
    compiled: dict[str, cel.Expression] = {}
    programs = [[compiled.setdefault(text, environment.compile(text)) for text in texts] for texts in clauses]
    data = {**_VALUES, "call.hour": 9}
    calls = [_call_at_the_choice(revision) for _ in range(2 * rounds)]
    eligible: list[int] = []

    def ours() -> None:
        decision = revision.market.choose(calls.pop(), "roofing")
        written = sum(candidate.eligible for candidate in decision.candidates)
        eligible.append(written + decision.others.get("eligible", 0))

    def baseline() -> None:
        met = sum(all(program.eval(data=data).value() for program in terms) for terms in programs)
        assert not eligible or met == eligible[-1]

    our_s, their_s = _medians(ours, baseline, rounds)
    what = f"decisions among {buyers:,} buyers of five clauses"
    figures = [
        _figure(what, "per CPU-second", 1 / our_s, 1 / their_s, CEL_BASELINE),
        _figure(f"{what}, of one", "CPU ms", our_s * 1000, their_s * 1000, CEL_BASELINE),
    ]

    def in_full() -> None:
        whole = revision.market.in_full().choose(calls.pop(), "roofing")
        assert len(whole.candidates) == buyers

    full_s, _ = _medians(in_full, None, rounds)
    whole = f"the same decision rebuilt with the trace of all {buyers:,} buyers"
    return [*figures, _figure(whole, "CPU ms", full_s * 1000, None, None)]


def _call_at_the_choice(revision: Revision) -> Call:
    """A call that knows its answers and has judged no clause yet."""
    arrived = CallArrived(0, "c1", "benchmark", "c1", "+15125550123", "+15550100", _STARTED_AT, seed=1)
    call = Call(revision, revision.flows["roofing"], arrived)
    call.campaign = "roofing"
    call.values.update(revision.market.values(call))
    call.values.update(_VALUES)
    call.values["call.hour"] = 9
    return call


def _network_of(buyers: int) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """The roofing flow with so many buyers, and each buyer's clauses as CEL."""
    files = {"roofing.yaml": read_network_dir(_folder())["roofing.yaml"]}
    draw = random.Random(7)
    codes = [code for number in range(CODES) if zip_table().place(code := f"{number:05d}") is not None]
    names = ", ".join(f"b{number}" for number in range(buyers))
    lines = ["network: benchmark", "numbers:", '  "+15550100": {campaign: roofing}', "campaigns:"]
    lines += [f"  roofing: {{flow: roofing, buyers: [{names}]}}", "buyers:"]
    clauses = []
    for number in range(buyers):
        zips = [*draw.sample(codes, ZIPS_OF_A_BUYER), *(["78701"] if number % 3 == 0 else [])]
        files[f"zips/b{number}.txt"] = "\n".join(zips)
        states = [*draw.sample(_STATES, 3), *(["TX"] if number % 2 == 0 else [])]
        least = draw.randrange(6, 12)
        told = (
            f"zip.state in {json.dumps(states)}",
            f'need == "{draw.choice(("repair", "replace"))}"',
            f"call.hour >= {least}",
        )
        either = ('insurance == "claim"', f'zip.city == "Town {number % 500}"')
        lines += [
            f"  b{number}:",
            f'    to: "+1555{number:07d}"',
            f'    price: "{30 + number % 40}.00"',
            f"    area: {{zips: {{file: zips/b{number}.txt}}}}",
            "    accepts:",
            "      all:",
            *(f"        - '{clause}'" for clause in told),
            "        - any: [" + ", ".join(f"'{clause}'" for clause in either) + "]",
        ]
        clauses.append((f"zip in {json.dumps(zips)}", *told, " || ".join(either)))
    files["network.yaml"] = "\n".join(lines) + "\n"
    return files, clauses


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
