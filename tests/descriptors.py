"""A process that may open hardly a file more."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def one_descriptor_left() -> Iterator[None]:
    """Every descriptor but one is used up, whatever else is open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = [os.dup(0)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (used[0] + 20, before[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                used.append(os.dup(0))
        os.close(used.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for each in used:
            os.close(each)
