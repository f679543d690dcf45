"""The soak: `python -m tests.fuzz` gives every reader its share of CORDBOARD_FUZZ messages (a million).

CORDBOARD_FUZZ_S bounds each reader's time in seconds, CORDBOARD_FUZZ_SEED names the draws. Ends with 1 where
anything raised, or was answered with a status of 500 or more, and where there was no time for all messages.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from tests.fuzz.decoders import FUZZERS
from tests.fuzz.posts import soak_http
from tests.fuzz.soak import Soaked, soak

HTTP_SHARE = 2  # thousandths
ENOUGH = 1 - HTTP_SHARE / 1000  # an operation of the API without parameters is drawn once, whatever its share


def main() -> int:
    messages = int(os.environ.get("CORDBOARD_FUZZ", "1000000"))
    most_s = float(os.environ.get("CORDBOARD_FUZZ_S", "900"))
    seed = os.environ.get("CORDBOARD_FUZZ_SEED", f"{datetime.now(UTC):%Y-%m-%d}")
    print(f"{messages:,} messages, seed {seed}", flush=True)
    found: list[Soaked] = []
    given = 0
    for fuzzer in FUZZERS:
        share = messages * fuzzer.share // 1000
        found.append(soak(fuzzer, share, seed, most_s))
        given += share
        print(found[-1], flush=True)
    given += messages * HTTP_SHARE // 1000
    for soaked in soak_http(messages * HTTP_SHARE // 1000, seed, most_s):
        found.append(soaked)
        print(soaked, flush=True)
    faults = [(each.name, *fault) for each in found for fault in each.faults.items()]
    for name, where, told in faults:
        print(f"\n{name}: {where}\n{told}")
    sent = sum(each.messages for each in found)
    print(f"{sent:,} messages, {len(faults)} faults")
    if is_short := sent < given * ENOUGH:
        print(f"expected {given:,} messages; give them more time with CORDBOARD_FUZZ_S")
    return 1 if faults or is_short else 0


if __name__ == "__main__":
    sys.exit(main())
