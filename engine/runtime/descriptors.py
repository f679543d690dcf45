"""How many files, sockets among them, the process may have open."""

from __future__ import annotations

import logging

log = logging.getLogger("cordboard.engine")

ENOUGH = 65_536
A_CALL = 3  # caller, buyer, recording
BESIDE_CALLS = 150  # the database, the carrier's REST API, others that are asked


def open_files() -> int:
    """What the process may have open now."""
    try:
        import resource
    except ImportError:  # no such limit on this system
        return ENOUGH
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def raise_open_files(max_calls: int) -> None:
    """Take what the system allows, and say so where so many calls need more."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    for_calls = open_files() * 3 // 4 - BESIDE_CALLS
    if for_calls < max_calls * A_CALL:
        log.warning(
            "the system allows %d open files, enough for about %d calls and not for %d; raise `ulimit -n`",
            open_files(),
            max(0, for_calls // A_CALL),
            max_calls,
        )
