"""Lookups over real sockets: what is asked, what is kept of the answer, and who is never asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from engine.core.commands import LookUp, Told
from engine.core.journal import to_json
from engine.runtime.clock import Clock
from engine.runtime.outward.lookups import Lookups
from engine.runtime.outward.requests import Outward, Secrets
from tests.runtime.bidders import Bidders, http, never, says, serving
from tests.runtime.moved_clock import MovedClock

HOME = {"home": {"owner": True, "year": 1987, "name": None, "rooms": [{"size": 12}]}}


DEEP = "the answer is nested too deeply (more than 64 levels)"


@pytest.fixture
async def lookups(clock: Clock) -> AsyncIterator[Lookups]:
    outward = Outward(clock, Secrets({"CORDBOARD_SECRET_CRM": "k3y"}))
    yield Lookups(outward)
    await outward.close()


def command(server: Bidders, **more: object) -> LookUp:
    known: dict[str, object] = {
        "lookup": "l1",
        "node": "home",
        "method": "get",
        "url": server.url("homes"),
        "told": (Told("zip", "78701"), Told("new", True)),
        "headers": {},
        "fields": {"owner": "home.owner", "year": "home.year"},
        "schema": "",
        "timeout_ms": 2_000,
        "cache_ms": 0,
    }
    return LookUp(**{**known, **more})  # type: ignore[arg-type]


def hosts(server: Bidders) -> list[str]:
    return [f"127.0.0.1:{server.port}"]


async def test_only_what_was_asked_for_is_kept_of_an_answer(lookups: Lookups) -> None:
    async with serving(homes=says(http(HOME))) as server:
        found = await lookups.look_up(command(server), hosts(server))
    assert (found.outcome, found.status, found.fields) == ("found", 200, {"owner": True, "year": 1987})
    assert found.sha256 == hashlib.sha256(json.dumps(HOME).encode()).hexdigest()
    assert server.asked[0].path == "/homes?zip=78701&new=true"


async def test_lists_are_walked_by_number_and_null_is_nothing(lookups: Lookups) -> None:
    fields = {"size": "home.rooms.0.size", "name": "home.name", "none": "home.rooms.7.size"}
    async with serving(homes=says(http(HOME))) as server:
        found = await lookups.look_up(command(server, fields=fields), hosts(server))
    assert (found.outcome, found.fields) == ("found", {"size": 12})


async def test_a_post_tells_by_json_and_a_secret_by_its_header(lookups: Lookups) -> None:
    async with serving(homes=says(http(HOME))) as server:
        await lookups.look_up(
            command(server, method="post", headers={"Authorization": "Bearer ${CRM}"}), hosts(server)
        )
    (asked,) = server.asked
    assert asked.json == {"zip": "78701", "new": True}
    assert asked.headers["authorization"] == "bearer k3y"


async def test_a_host_that_is_not_listed_is_never_asked(lookups: Lookups) -> None:
    async with serving(homes=says(http(HOME))) as server:
        for listed in ([], ["api.example.com"], ["127.0.0.1"]):
            found = await lookups.look_up(command(server), listed)
            assert found.outcome == "failed"
            assert "isn't listed in the network's lookups" in found.detail
    assert server.asked == []


async def test_a_redirect_leads_nowhere(lookups: Lookups) -> None:
    async with serving(
        homes=says(http(b"", "302 Found", "Location: /secret\r\n")), secret=says(http(HOME))
    ) as server:
        found = await lookups.look_up(command(server), hosts(server))
    assert (found.outcome, found.detail) == ("failed", "HTTP 302")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "outcome", "detail"),
    [
        (http({}, "404 Not Found"), "notfound", ""),
        (http(b"", "204 No Content"), "notfound", ""),
        (http({}, "500 Oops"), "failed", "HTTP 500"),
        (http(b"<html>"), "failed", "the answer isn't JSON"),
        (http(b"[" * 60_000), "failed", DEEP),
        (http(b"[" * 300 + b"]" * 300), "failed", DEEP),
        (http(b"\xff\xfe\xfd"), "failed", "the answer isn't JSON"),
        (
            http({"home": {"owner": {"name": "x"}}}),
            "failed",
            "home.owner isn't text, a number, true or false",
        ),
        (None, "failed", "RemoteProtocolError"),
    ],
)
async def test_each_failure_is_told_apart(
    lookups: Lookups, reply: bytes | None, outcome: str, detail: str
) -> None:
    async with serving(homes=says(reply)) as server:
        found = await lookups.look_up(command(server), hosts(server))
    assert (found.outcome, found.detail, found.fields) == (outcome, detail, {})


async def test_who_is_too_slow_is_a_timeout(lookups: Lookups) -> None:
    async with serving(homes=never) as server:
        found = await lookups.look_up(command(server, timeout_ms=50), hosts(server))
    assert (found.outcome, found.detail) == ("timeout", "no answer within 50 ms")


@pytest.mark.parametrize(
    ("levels", "outcome", "detail"),
    [(63, "found", ""), (300, "failed", DEEP)],
)
async def test_a_schema_that_refers_to_itself_is_walked_as_deep_as_answers_may_be(
    lookups: Lookups, levels: int, outcome: str, detail: str
) -> None:
    tree = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/tree"}}, {"type": "null"}]}
    schema = json.dumps({"$defs": {"tree": tree}, "properties": {"more": {"$ref": "#/$defs/tree"}}})
    body = json.dumps(HOME)[:-1] + ', "more": ' + "[" * levels + "]" * levels + "}"
    async with serving(homes=says(http(body.encode()))) as server:
        found = await lookups.look_up(command(server, schema=schema), hosts(server))
    assert (found.outcome, found.detail) == (outcome, detail)


async def test_a_schema_that_never_ends_fails_the_lookup_and_not_the_call(lookups: Lookups) -> None:
    async with serving(homes=says(http(HOME))) as server:
        found = await lookups.look_up(command(server, schema='{"$ref": "#"}'), hosts(server))
    assert (found.outcome, found.detail) == ("failed", "the schema refers to itself without end")


async def test_an_answer_that_breaks_its_schema_says_where_and_not_what(lookups: Lookups) -> None:
    schema = json.dumps({"properties": {"home": {"properties": {"owner": {"type": "string"}}}}})
    async with serving(homes=says(http(HOME))) as server:
        found = await lookups.look_up(command(server, schema=schema), hosts(server))
    assert (found.outcome, found.detail) == (
        "failed",
        "the answer breaks its schema at /properties/home/properties/owner/type",
    )


async def test_an_answers_own_keys_are_not_told_either(lookups: Lookups) -> None:
    schema = json.dumps({"additionalProperties": {"type": "string"}})
    async with serving(homes=says(http({"830519274": 1}))) as server:
        found = await lookups.look_up(command(server, schema=schema), hosts(server))
    assert found.detail == "the answer breaks its schema at /additionalProperties/type"


async def test_an_answer_stands_for_the_same_question_for_a_while(
    lookups: Lookups, clock: MovedClock
) -> None:
    async with serving(homes=says(http(HOME))) as server:
        asked = command(server, cache_ms=60_000)
        first = await lookups.look_up(asked, hosts(server))
        again = await lookups.look_up(command(server, cache_ms=60_000, lookup="l2"), hosts(server))
        assert (again.lookup, again.cached, again.fields) == ("l2", True, first.fields)
        assert not first.cached
        await lookups.look_up(command(server, cache_ms=60_000, told=(Told("zip", "1"),)), hosts(server))
        clock.ahead_ms = 60_001
        await lookups.look_up(asked, hosts(server))
    assert len(server.asked) == 3


async def test_a_secret_that_no_header_can_hold_is_a_failure_and_not_told(clock: Clock) -> None:
    for secret in ("schlüssel", "two\r\nlines"):
        outward = Outward(clock, Secrets({"CORDBOARD_SECRET_CRM": secret}))
        async with serving(homes=says(http(HOME))) as server:
            asked = command(server, headers={"X-Key": "${CRM}"})
            found = await Lookups(outward).look_up(asked, hosts(server))
        await outward.close()
        assert found.outcome == "failed"
        assert secret not in found.detail


async def test_a_secret_that_is_not_given_is_named(lookups: Lookups) -> None:
    async with serving(homes=says(http(HOME))) as server:
        found = await lookups.look_up(command(server, headers={"X-Key": "${NONE}"}), hosts(server))
    assert found.detail == "the secret NONE is missing; set CORDBOARD_SECRET_NONE"


def test_a_sensitive_value_is_told_and_written_nowhere() -> None:
    async_command = LookUp("l1", "n", "get", "https://x", (Told("ssn", "4242", True),), {}, {}, "", 1, 0)
    assert "4242" not in json.dumps(to_json(async_command))
