"""How well answers are understood: labelled WAVs through the default recogniser, one after another.

FOLDER/manifest.json is a list of {"wav", "kind": zip|yes_no|choice|number|digits, "options"?, "expected",
"group"}. Options are {name: [phrases]}; `expected` null is sound that is no answer. The result has each item
and, by group, how many were

  right           the best reading is the expected one, taken or offered for confirmation; or null, rejected
  wrong_accepted  a wrong one was taken without asking
  unsure          a wrong one was offered for confirmation
  rejected        nothing was understood: the caller is asked again

Where an answer may be given in other words than the operator's, a baseline beside it is the grammar alone.
Without a FOLDER one of callers' own words is made for the run (benchmarks/own_words.py): a sample of it, in
each group's proportion, or `--all`.

Noise can be added: so many dB below the speech, white for every other item and pink for the rest, the same
for the same seed. benchmarks/labelled.py makes such folders.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from engine.core.answers import AnswerType
from engine.core.conditions import Value
from engine.core.json_values import JsonObject
from engine.media import mulaw
from engine.media.speech.pool import RecogniserPool
from engine.media.speech.recognition import ACCEPT, CONFIRM, Recognition
from engine.media.speech.sound_files import read_wav
from engine.media.speech.upsample import expanded
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.grammars import grammar_of
from engine.understanding.kinds import ANSWER_KINDS

from .sounds import in_noise

_STALL_S = 60.0
"""Generous: accuracy is measured here, and perhaps on a machine that has other work."""

SAMPLED = 60
"""Of callers' own words that are heard where not all are asked for: two or three minutes' work."""

RESULTS = ("right", "wrong_accepted", "unsure", "rejected")


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise to be added to every item."""

    snr_db: float
    seed: int = 0

    def behind(self, sound: bytes, item: int) -> bytes:
        draw = np.random.default_rng((self.seed, item))
        noisy = in_noise(draw, expanded(sound), self.snr_db, is_pink=item % 2 == 1)
        pcm = np.clip(noisy * 32_767, -32_768, 32_767).astype(np.int16)
        return mulaw.encode(array("h", pcm.tolist()))


async def run(
    on_progress: Callable[[str], None],
    folder: Path | None = None,
    noise: Noise | None = None,
    most: int | None = SAMPLED,
) -> JsonObject:
    """Hears a folder; without one, `most` of the sentences that are kept for it (None: all).

    Raises ValueError where the manifest is not one, or no voice is installed; OSError where a file is
    missing."""
    if folder is None:
        from .own_words import make

        with tempfile.TemporaryDirectory() as made:
            on_progress("letting callers speak")
            await asyncio.to_thread(make, Path(made), most=most)
            return await run(on_progress, Path(made), noise)
    labelled = _manifest(folder)
    items: list[JsonObject] = []
    async with RecogniserPool(workers=1, stall_s=_STALL_S) as pool:
        for count, label in enumerate(labelled, 1):
            on_progress(f"{count} of {len(labelled)}")
            sound = await asyncio.to_thread(read_wav, folder / str(label["wav"]))
            if noise is not None:
                sound = noise.behind(sound, count)
            items.append(await _item(pool, sound, label))
    return {"items": list(items), "groups": _groups(items)}


def _manifest(folder: Path) -> list[Mapping[str, object]]:
    path = folder / "manifest.json"
    labels = json.loads(path.read_text("utf-8"))
    if not isinstance(labels, list) or not all(isinstance(one, dict) and "wav" in one for one in labels):
        raise ValueError(f'{path}: expected a list of {{"wav", "kind", "expected", "group"}}')
    for label in labels:
        if label.get("kind") not in ANSWER_KINDS:
            kinds = ", ".join(ANSWER_KINDS)
            raise ValueError(
                f"{path}: {label['wav']}: kind is {label.get('kind')!r}; it takes one of {kinds}"
            )
    return labels


async def _item(pool: RecogniserPool, sound: bytes, label: Mapping[str, object]) -> JsonObject:
    kind = _kind(label)
    grammar = grammar_of(kind)
    began = time.perf_counter()
    recognition = await pool.recognise(sound, grammar, deadline_s=2 * _STALL_S)
    delay_ms = round(1000 * (time.perf_counter() - began))
    stated = cast("Value | None", label.get("expected"))
    understood = None if stated is None else kind.understand_value(stated)
    expected = None if understood is None else understood.value
    item = _told(label, recognition, expected) | {"delay_ms": delay_ms}
    if grammar.takes_own_words:
        alone = replace(grammar, takes_own_words=False)
        baseline = await pool.recognise(sound, alone, deadline_s=2 * _STALL_S)
        item |= {"baseline": _result(baseline, _value(baseline), expected)}
        item |= {"baseline_cpu_s": baseline.cpu_ms / 1000}
    return item


def _value(recognition: Recognition) -> Value | None:
    """What is taken or offered."""
    return recognition.value if recognition.confidence >= CONFIRM else None


def _told(label: Mapping[str, object], recognition: Recognition, expected: Value | None) -> JsonObject:
    value = _value(recognition)
    return {
        "wav": str(label["wav"]),
        "group": str(label.get("group", label["kind"])),
        "result": _result(recognition, value, expected),
        "value": value,
        "heard": recognition.text or recognition.free_text,
        "confidence": recognition.confidence,
        "cpu_s": recognition.cpu_ms / 1000,
        "best": recognition.value,
        "free": recognition.free_text,
        "evidence": dict(recognition.evidence),
    }


def _kind(label: Mapping[str, object]) -> AnswerType:
    if label["kind"] != "choice":
        return ANSWER_KINDS[str(label["kind"])]()  # type: ignore[call-arg]
    options = cast("Mapping[str, object]", label["options"])
    return Choice(
        {
            name: ChoiceOption(str(number), tuple(_phrases(stated)))
            for number, (name, stated) in enumerate(options.items(), 1)
        }
    )


def _phrases(stated: object) -> Sequence[str]:
    """An option's phrases, stated as a list or, as in a flow, under `phrases`."""
    found = stated.get("phrases", []) if isinstance(stated, dict) else stated or []
    return [found] if isinstance(found, str) else cast("list[str]", found)


def _result(recognition: Recognition, value: Value | None, expected: Value | None) -> str:
    if value == expected and (value is None) == (expected is None):
        return "right"
    if value is None:
        return "rejected"
    return "wrong_accepted" if recognition.confidence >= ACCEPT else "unsure"


def _groups(items: Sequence[JsonObject]) -> JsonObject:
    groups: dict[str, list[JsonObject]] = {}
    for item in items:
        groups.setdefault(str(item["group"]), []).append(item)
    return {name: _summary(members) for name, members in groups.items()}


def _summary(members: Sequence[JsonObject]) -> JsonObject:
    delays = sorted(cast(int, item["delay_ms"]) for item in members)
    counts = {result: sum(item["result"] == result for item in members) for result in RESULTS}
    accepted = sum(cast(float, item["confidence"]) >= ACCEPT for item in members)
    cpus = sorted(cast(float, item["cpu_s"]) for item in members)
    return {
        "items": len(members),
        **counts,
        "accepted": accepted,
        "right_share": round(counts["right"] / len(members), 4),
        "wrong_accepted_share": round(counts["wrong_accepted"] / len(members), 4),
        "cpu_s": round(sum(cast(float, item["cpu_s"]) for item in members) / len(members), 4),
        "cpu_s_median": cpus[len(cpus) // 2],
        "delay_ms_median": delays[len(delays) // 2],
        **_baseline([item for item in members if "baseline" in item]),
    }


def _baseline(members: Sequence[JsonObject]) -> JsonObject:
    """The same by the grammar alone; nothing where that is all there is."""
    if not members:
        return {}
    shares = {
        result: round(sum(item["baseline"] == result for item in members) / len(members), 4)
        for result in ("right", "wrong_accepted")
    }
    cpus = sorted(cast(float, item["baseline_cpu_s"]) for item in members)
    named: JsonObject = {f"baseline_{result}_share": share for result, share in shares.items()}
    return named | {"baseline_cpu_s_median": cpus[len(cpus) // 2]}
