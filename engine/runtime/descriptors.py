"""How many files, sockets among them, the process may have open, and who gets how many of them."""

from __future__ import annotations

import logging

from engine.media.server import ServerLimits
from engine.runtime.settings import Settings

log = logging.getLogger("cordboard.engine")

ENOUGH = 65_536
A_CALL = 3  # caller, buyer, recording
BESIDE_CALLS = 150  # the database, the carrier's REST API, others that are asked
MOST_IN_DOORWAY = 256


def open_files() -> int:
    """What the process may have open now."""
    try:
        import resource
    except ImportError:  # no such limit on this system
        return ENOUGH
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def http_share(settings: Settings, files: int) -> int:
    """Connections at the HTTP port: a quarter at most."""
    return min(settings.http_connections, max(1, files // 4))


def doorway_share(files: int) -> int:
    """Connections at the media port that have not been let in yet: an eighth at most."""
    return min(MOST_IN_DOORWAY, max(1, files // 8))


def calls_share(settings: Settings, files: int) -> int:
    """What the ports' strangers and the engine's own files leave to calls."""
    strangers = http_share(settings, files) + doorway_share(files) + settings.max_waiting_sockets
    return max(0, files - strangers - BESIDE_CALLS)


def media_limits(settings: Settings, files: int) -> ServerLimits:
    """The media port's limits where so many files may be open."""
    return ServerLimits(
        settings.start_timeout_s,
        settings.max_waiting_sockets,
        max_in_doorway=doorway_share(files),
        proxies=settings.proxies,
    )


def raise_open_files(settings: Settings) -> None:
    """Take what the system allows, and say so where the settings' calls need more."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    for_calls = calls_share(settings, open_files())
    if for_calls < settings.max_calls * A_CALL:
        log.warning(
            "the system allows %d open files, enough for about %d calls and not for %d; raise `ulimit -n`",
            open_files(),
            for_calls // A_CALL,
            settings.max_calls,
        )
