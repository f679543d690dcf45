"""Of the files that may be open calls get what strangers at both ports can't take."""

from __future__ import annotations

import resource

import pytest

from engine.runtime.descriptors import (
    BESIDE_CALLS,
    calls_share,
    doorway_share,
    http_share,
    raise_open_files,
)
from engine.runtime.settings import Settings


@pytest.mark.parametrize("files", [64, 256, 1024, 4096, 65_536])
def test_the_shares_together_are_what_there_is(files: int) -> None:
    settings = Settings()
    strangers = http_share(settings, files) + doorway_share(files) + settings.max_waiting_sockets
    assert calls_share(settings, files) == max(0, files - strangers - BESIDE_CALLS)
    assert http_share(settings, files) + doorway_share(files) <= files * 3 // 8


def test_with_the_usual_limit_over_a_third_is_for_calls() -> None:
    assert (http_share(Settings(), 1024), doorway_share(1024)) == (256, 128)
    assert calls_share(Settings(), 1024) >= 1024 // 3


def test_an_engine_takes_the_files_that_it_may_have() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        raise_open_files(Settings())
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= before[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("max_calls", "is_warned"), [(500, True), (100, False)])
def test_calls_that_the_files_are_too_few_for_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, max_calls: int, is_warned: bool
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    raise_open_files(Settings(max_calls=max_calls))
    assert ("enough for about 130 calls and not for 500; raise `ulimit -n`" in caplog.text) == is_warned
