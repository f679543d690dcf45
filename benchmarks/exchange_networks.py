"""Networks of many buyers, five clauses each, for the benchmark of the exchange.

- `repeated`: clauses and ZIP lists out of a drawer of a few hundred, as where a network sells by template.
- `mixed`: a ZIP list of its own for each buyer; states, a need, an alternative and an hour that many share.
- `all_different`: no two clauses alike, each joining several conditions in one text: ranges, exceptions,
  beginnings, alternatives, and arithmetic that no index serves.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from engine.core.conditions import Value
from engine.language.revisions import read_network_dir
from engine.understanding.zip_table import zip_table

from .core import _folder

ZIPS_OF_A_BUYER = 60
DRAWER = 40  # lists and states of which `repeated` takes its own
VALUES: dict[str, Value] = {
    "zip": "78701",
    "zip.state": "TX",
    "zip.city": "Austin",
    "need": "replace",
    "insurance": "claim",
    "call.hour": 9,
}
_STATES = ("TX", "OK", "LA", "NM", "AR", "FL", "GA", "CA", "NY", "OH")


@dataclass(frozen=True, slots=True)
class Trade:
    """A network's files, and each buyer's clauses as CEL."""

    files: dict[str, str]
    clauses: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Terms:
    """A buyer's terms: its ZIP list, where it has one, and its other clauses as YAML and as CEL."""

    zips: tuple[str, Sequence[str]] | None
    told: Sequence[str]
    clauses: tuple[str, ...]


def repeated(buyers: int) -> Trade:
    draw = random.Random(7)
    drawer = [_own_terms(draw, f"list{number}", number) for number in range(DRAWER)]
    return _trade([drawer[draw.randrange(DRAWER)] for _ in range(buyers)])


def mixed(buyers: int) -> Trade:
    draw = random.Random(7)
    return _trade([_own_terms(draw, f"b{number}", number) for number in range(buyers)])


def all_different(buyers: int) -> Trade:
    draw = random.Random(7)
    return _trade([_joined_terms(draw, number) for number in range(buyers)])


@cache
def _codes() -> Sequence[str]:
    return zip_table().codes()


def _own_terms(draw: random.Random, name: str, number: int) -> _Terms:
    zips = [*draw.sample(_codes(), ZIPS_OF_A_BUYER), *(["78701"] if number % 3 == 0 else [])]
    states = [*draw.sample(_STATES, 3), *(["TX"] if number % 2 == 0 else [])]
    told = (
        f"zip.state in {json.dumps(states)}",
        f'need == "{draw.choice(("repair", "replace"))}"',
        f"call.hour >= {draw.randrange(6, 12)}",
    )
    either = ('insurance == "claim"', f'zip.city == "Town {number % 500}"')
    lines = [f"'{clause}'" for clause in told] + ["any: [" + ", ".join(f"'{each}'" for each in either) + "]"]
    return _Terms((name, zips), lines, (f"zip in {json.dumps(zips)}", *told, " || ".join(either)))


def _joined_terms(draw: random.Random, number: int) -> _Terms:
    low = draw.randrange(0, 95_000)
    high = low + draw.randrange(1_000, 60_000)
    listed, left_out = (json.dumps(draw.sample(_codes(), 20)) for _ in range(2))
    start = draw.choice(("7", "78", "787", "1", "2", "3"))
    clauses = (
        f'zip >= "{low:05d}" && zip < "{high:05d}" && zip != "{number:05d}"',
        f'zip in {listed} || zip.city == "Town {number}" || need == "{draw.choice(("repair", "replace"))}"',
        f"!(zip in {left_out})",
        f'zip.city != "Village {number}" && (call.hour >= {draw.randrange(12)} || insurance == "claim")',
        f'zip.startsWith("{start}") || size(zip.city) * {number + 1} < {draw.randrange(40_000)}',
    )
    return _Terms(None, [f"'{clause}'" for clause in clauses], clauses)


def _trade(terms: Sequence[_Terms]) -> Trade:
    files = {"roofing.yaml": read_network_dir(_folder())["roofing.yaml"]}
    names = ", ".join(f"b{number}" for number in range(len(terms)))
    lines = ["network: benchmark", "numbers:", '  "+15550100": {campaign: roofing}', "campaigns:"]
    lines += [f"  roofing: {{flow: roofing, buyers: [{names}]}}", "buyers:"]
    for number, each in enumerate(terms):
        lines += [f"  b{number}:", f'    to: "+1555{number:07d}"', f'    price: "{30 + number % 40}.00"']
        if each.zips is not None:
            file = f"zips/{each.zips[0]}.txt"
            files[file] = "\n".join(each.zips[1])
            lines.append(f"    area: {{zips: {{file: {file}}}}}")
        lines += ["    accepts:", "      all:", *(f"        - {told}" for told in each.told)]
    files["network.yaml"] = "\n".join(lines) + "\n"
    return Trade(files, [each.clauses for each in terms])
