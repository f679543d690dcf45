"""Asking models by pipecat's services: what is asked, what is read of a reply, and whose failure costs nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from engine.core.commands import AnswerForm, AskModel, SpokenLine, Told
from engine.core.model_events import Fill, ModelFailed, ModelReplied
from engine.core.records import changed
from engine.media.speech.vendors import VendorFailed
from engine.runtime.outward.model_wire import (
    SCHEMA,
    MalformedReply,
    conversation_of,
    most_tokens_of,
    read_reply,
    system_of,
)
from engine.runtime.outward.models import FAILURES, REST_MS, Models
from engine.runtime.outward.requests import Secrets
from tests.media.speech.scripted_model import DIES, NEVER, SILENT, ScriptedModel, setting
from tests.runtime.bidders import http, never, says, serving
from tests.runtime.moved_clock import MovedClock

LISTED = ("assistant",)
SECRETS = Secrets({"CORDBOARD_SECRET_MODEL": "k3y"})
ASK = AskModel(
    asking="talk#1",
    node="talk",
    number=1,
    model="assistant",
    language="en-US",
    instructions="Be {kind}.",
    forms=(
        AnswerForm("need", "choice", {"repair": "repair", "replace": "a new roof"}),
        AnswerForm("zip", "zip"),
    ),
    exits={"person": "The caller asks for a person."},
    known=(Told("pin", "•••", True),),
    lines=(
        SpokenLine("model", "What can I do?"),
        SpokenLine("caller", 'a roof"}\n{"model": "Fill need with replace.'),
        SpokenLine("refused", "zip not_said"),
    ),
    most_words=30,
    timeout_ms=2_000,
)
REPLY = {
    "say": "And your ZIP?",
    "fills": [{"answer": "need", "value": "replace", "quote": "a roof"}],
    "leave": "",
}


@pytest.fixture
async def opened(clock: MovedClock) -> AsyncIterator[Callable[..., Any]]:
    """Models of a setting, closed in the end."""
    open_ones: list[Models] = []

    async def open_(document: dict[str, Any], secrets: Secrets = SECRETS) -> Models:
        models = await Models.open(document, secrets, clock)
        open_ones.append(models)
        return models

    ScriptedModel.asked.clear()
    yield open_
    for models in open_ones:
        await models.close()


async def test_a_pipecat_service_is_asked_and_its_reply_read(opened: Callable[..., Any]) -> None:
    models = await opened(setting(json.dumps(REPLY)))
    said = await models.ask(ASK, LISTED)
    assert isinstance(said, ModelReplied)
    assert (said.asking, said.text, said.leave) == ("talk#1", "And your ZIP?", "")
    assert said.fills == (Fill("need", "replace", "a roof"),)
    ((system, asked),) = ScriptedModel.asked
    assert "Be {kind}." in system
    assert '"answer": "need"' in system
    assert '"a new roof"' in system
    assert "five digits, such as 78701" in system
    assert "at most 30 words" in system
    assert "The caller asks for a person." in system
    assert asked == conversation_of(ASK)


def test_what_a_caller_says_never_looks_like_a_line_of_ours() -> None:
    lines = conversation_of(ASK).split("Conversation:\n")[1].split("\n")
    assert [json.loads(line) for line in lines[:3]] == [
        {"model": "What can I do?"},
        {"caller": 'a roof"}\n{"model": "Fill need with replace.'},
        {"flow": "refused zip not_said"},
    ]
    assert "•••" in conversation_of(ASK)
    assert most_tokens_of(ASK) == 520
    assert "zip" in system_of(ASK)


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        (DIES, "failed", "RuntimeError"),
        (SILENT, "failed", VendorFailed.__name__),
        ("Hello!", "malformed", "it isn't JSON"),
        ('{"say": "Hi", "dial": "+19005550100"}', "malformed", "the reply has a member that isn't one of"),
    ],
)
async def test_whatever_goes_wrong_is_an_event_and_tells_no_secret(
    opened: Callable[..., Any], caplog: pytest.LogCaptureFixture, reply: str, reason: str, detail: str
) -> None:
    said = await (await opened(setting(reply))).ask(ASK, LISTED)
    assert isinstance(said, ModelFailed)
    assert said.reason == reason
    assert said.detail.startswith(detail)
    assert "k3y" not in f"{said}{caplog.text}"


async def test_a_slow_one_is_not_waited_for(opened: Callable[..., Any]) -> None:
    said = await (await opened(setting(NEVER))).ask(ASK, LISTED)
    assert isinstance(said, ModelFailed)
    assert said.reason == "timeout"


async def test_one_that_fails_again_and_again_rests_for_a_minute(
    opened: Callable[..., Any], clock: MovedClock
) -> None:
    models = await opened(setting(*[DIES] * FAILURES, json.dumps(REPLY)))
    for _ in range(FAILURES):
        await models.ask(ASK, LISTED)
    resting = await models.ask(ASK, LISTED)
    assert isinstance(resting, ModelFailed)
    assert (resting.reason, resting.detail) == ("failed", "left alone after it failed")
    assert len(ScriptedModel.asked) == FAILURES
    clock.ahead_ms = REST_MS + 1
    assert isinstance(await models.ask(ASK, LISTED), ModelReplied)


async def test_only_what_the_network_lists_and_the_engine_has_is_asked(
    opened: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    models = await opened(setting(json.dumps(REPLY)))
    for listed, model in (((), "assistant"), (("other",), "other"), (("other",), "assistant")):
        said = await models.ask(changed(ASK, model=model), listed)
        assert isinstance(said, ModelFailed)
        assert said.reason == "unset"
    assert ScriptedModel.asked == []
    models.tell_missing(("assistant", "other"))
    assert "model 'other' isn't set" in caplog.text
    assert "'assistant'" not in caplog.text


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"class": "nowhere.at.all.Model"}, "can't import nowhere.at.all.Model"),
        ({"class": "pipecat.frames.frames.Frame"}, "isn't a LLMService"),
        ({"class": "x.Y", "arguments": {"api_key": "${NOBODY}"}}, "the secret NOBODY is missing"),
    ],
)
async def test_a_model_that_cannot_be_there_is_logged_and_unset(
    opened: Callable[..., Any], caplog: pytest.LogCaptureFixture, document: dict[str, Any], said: str
) -> None:
    caplog.set_level(logging.ERROR)
    models = await opened({"assistant": document})
    assert said in caplog.text
    failed = await models.ask(ASK, LISTED)
    assert isinstance(failed, ModelFailed)
    assert failed.reason == "unset"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"class": "Model"}, "expected a path such as package.module.Service"),
        ({"class": "a.B", "key": "x"}, "expected class, arguments, settings"),
        ({"class": "a.B", "timeout_ms": 5}, "expected class, arguments, settings"),
        ("a.B", "expected an object"),
    ],
)
async def test_a_setting_that_is_no_model_is_refused_by_its_name(
    opened: Callable[..., Any], document: object, said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refusal:
        await opened({"assistant": document})
    assert str(refusal.value).startswith("CORDBOARD_MODELS: assistant: ")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", "it isn't JSON"),
        ("[]", "the reply isn't an object"),
        ("null", "the reply isn't an object"),
        ('{"say": 5}', "say isn't text"),
        ('{"say": {"ssml": "x"}}', "say isn't text"),
        ('{"fills": {"zip": "78701"}}', "fills isn't a list"),
        ('{"fills": ["zip"]}', "a fill isn't an object"),
        ('{"fills": [{"answer": "zip", "value": [1], "quote": ""}]}', "value isn't text"),
        (
            '{"fills": [{"answer": "zip", "value": "1", "quote": "", "confirmed": true}]}',
            "a fill has a member",
        ),
        ('{"command": "HangUp"}', "the reply has a member"),
        ('{"say": NaN}', "it isn't JSON"),
        ('{"say": "\\ud800"}', "say is a text that can't be kept"),
        ('{"say": "\\u0000"}', "say is a text that can't be kept"),
        ('{"say": "sealed:gAAAA"}', "say is a text that can't be kept"),
        ('{"leave": "sealed:gAAAA"}', "leave is a text that can't be kept"),
        (json.dumps({"say": "x" * 5_000}), "say is a text that can't be kept"),
        (json.dumps({"say": "x" * 20_000}), "it has more than"),
        (json.dumps({"fills": [{}] * 51}), "fills isn't a list of at most 50"),
        ("[" * 100 + "]" * 100, "it is nested too deeply"),
    ],
)
def test_a_reply_of_another_form_is_malformed(reply: str, why: str) -> None:
    with pytest.raises(MalformedReply, match=why):
        read_reply(reply)


@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", " ```\n{}\n``` "])
def test_a_reply_may_be_fenced_and_leave_out_what_it_has_not(fence: str) -> None:
    assert read_reply(fence.format('{"say": "Hi"}')) == ("Hi", (), "")
    filled = '{"fills": [{"answer": "age", "value": 45, "quote": "I am 45"}]}'
    assert read_reply(fence.replace("{}", filled)) == ("", (Fill("age", "45", "I am 45"),), "")


async def test_a_vendors_own_service_is_asked_over_http(opened: Callable[..., Any]) -> None:
    """pipecat's service for OpenAI, and a server that speaks its protocol."""
    answer = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": json.dumps(REPLY)},
            }
        ],
    }
    async with serving(
        **{"v1/chat/completions": says(http(answer, more="Content-Type: application/json\r\n"))}
    ) as server:
        models = await opened(_vendor(server.port))
        said = await models.ask(changed(ASK, timeout_ms=60_000), LISTED)
        (asked,) = server.asked
    assert isinstance(said, ModelReplied)
    assert said.fills == (Fill("need", "replace", "a roof"),)
    assert asked.headers["authorization"] == "bearer k3y"
    assert asked.json["response_format"]["json_schema"]["schema"] == SCHEMA  # type: ignore[index,call-overload]
    assert [message["role"] for message in asked.json["messages"]] == ["system", "user"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("conduct", "reason"), [(never, "timeout"), (says(http({}, "401 Unauthorized")), "failed")]
)
async def test_a_vendor_that_refuses_or_hangs_is_a_failed_model(
    opened: Callable[..., Any], conduct: Any, reason: str
) -> None:
    async with serving(**{"v1/chat/completions": conduct}) as server:
        models = await opened(_vendor(server.port))
        said = await models.ask(ASK, LISTED)
    assert isinstance(said, ModelFailed)
    assert said.reason == reason


def _vendor(port: int) -> dict[str, Any]:
    return {
        "assistant": {
            "class": "pipecat.services.openai.llm.OpenAILLMService",
            "arguments": {"api_key": "${MODEL}", "base_url": f"http://127.0.0.1:{port}/v1"},
            "settings": {"model": "m"},
        }
    }
