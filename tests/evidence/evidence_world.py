"""Calls to prove: stories of the roofing example, played and kept in a real database."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from engine.core.events import CallArrived
from engine.core.json_values import Json, JsonObject
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.evidence.parts import canonical
from engine.evidence.signing import HEADER, SigningKey
from engine.evidence.vcon import Evidence, read_evidence
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story
from engine.store.store import Store

ROOFING = Path("examples/flows/roofing")
START = 1_795_341_600_000  # 2026-11-22T10:00:00Z


_checked = cache(check_all)


async def keep_story(
    store: Store, story_name: str, folder: Path = ROOFING, call: str = "call-1", *, practice: bool = False
) -> str:
    """Play the story and keep its call as a live one is kept; the call's name."""
    checked = _checked(folder)
    revision = checked.published.revision
    assert revision is not None, checked.mistakes
    story = next(story for story in checked.stories if story.name == story_name)
    result = run_story(story, checked.published)
    await store.keep_revision(revision.id, checked.published.files)
    machine = CallMachine(revision)
    for seq, entry in enumerate(result.journal):
        event = entry.event
        if isinstance(event, CallArrived):
            event = changed(event, call=call, carrier="twilio", carrier_call=f"CA{call}", practice=practice)
        sealed = any(kind.sensitive for kind in revision.flows[result.flow].answers.values())
        store.append(call, seq, event, sealed=sealed)
        store.append_commands(call, seq, machine.receive(event))
    await store.flush(call)
    return call


def forged(document: JsonObject, change: Callable[[JsonObject], None]) -> Evidence:
    """The file with its payload changed by hand and nothing else: what a forger without the key can do."""
    payload = str(document["payload"])
    vcon = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    change(vcon)
    text = base64.urlsafe_b64encode(canonical(vcon)).rstrip(b"=").decode()
    return read_evidence(json.dumps({**document, "payload": text}))


def resigned(evidence: Evidence, key: SigningKey) -> Evidence:
    """The changed file, signed by somebody: the signature is right, the content is not."""
    header = {name: held for name, held in evidence.header.items() if name not in HEADER}
    return read_evidence(json.dumps(key.sign(canonical(evidence.vcon), header)))


def edit(name: str, change: Callable[[JsonObject], None]) -> Callable[[JsonObject], None]:
    """Changes the body of one part."""

    def edited(vcon: JsonObject) -> None:
        attachments: Json = vcon["attachments"]
        assert isinstance(attachments, list)
        for attachment in attachments:
            assert isinstance(attachment, dict)
            held = json.loads(str(attachment["body"]))
            for part in held:
                if isinstance(part, dict) and part["name"] == name:
                    change(part["body"])
                    attachment["body"] = canonical(held).decode()
                    return
        raise AssertionError(f"there is no part {name}")

    return edited
