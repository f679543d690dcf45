"""The form of every setting, written down: it does not change without a migration or a default.

`python -m tests.language.test_language_form` writes the form of today down, after which the diff is reviewed.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from engine.exchange import bids, caps, telling, terms, webhooks
from engine.language.building import setting_of
from engine.language.migrations import FORMAT
from engine.nodes.types import NODE_TYPES
from engine.understanding.kinds import ANSWER_KINDS

WRITTEN_DOWN = Path(__file__).with_name("language_form.json")


def form_of_today() -> dict[str, dict[str, str]]:
    """By node type, answer kind or part of a network: each setting with its type, and its default if any."""
    found: dict[str, dict[str, str]] = {}
    roots = {f"node {name}": made for name, made in NODE_TYPES.items()}
    roots |= {f"answer {name}": made for name, made in ANSWER_KINDS.items()}
    for module in (terms, caps, bids, telling, webhooks):
        parts = [made for made in vars(module).values() if is_dataclass(made) and isinstance(made, type)]
        roots |= {f"part {made.__name__}": made for made in parts if made.__module__ == module.__name__}
    for name, made in roots.items():
        _add(found, name, made)
    return found


def _add(found: dict[str, dict[str, str]], name: str, made: Any) -> None:
    if name in found:
        return
    found[name] = {}
    hints = get_type_hints(made)
    for field in fields(made):
        if not field.init:
            continue
        annotation = hints[field.name]
        default = (
            "required" if field.default is MISSING and field.default_factory is MISSING else "may be left out"
        )
        if field.default is not MISSING and isinstance(field.default, str | int | bool | float | None):
            default = f"left out it is {field.default!r}"
        found[name][setting_of(field.name)] = f"{_told(annotation)}, {default}"
        for part in _parts(annotation):
            _add(found, f"part {part.__name__}", part)


def _parts(annotation: Any) -> list[Any]:
    """The settings of our own that a type is made of."""
    own = isinstance(annotation, type) and is_dataclass(annotation)
    if own and annotation.__module__.startswith(("engine.nodes", "engine.exchange", "engine.understanding")):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


def _told(annotation: Any) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    )
    for module in (
        "engine.core.",
        "engine.exchange.",
        "engine.understanding.",
        "engine.nodes.",
        "collections.abc.",
    ):
        text = text.replace(module, "")
    return text.replace("typing.", "")


def test_no_setting_changes_its_form_without_a_migration() -> None:
    written = json.loads(WRITTEN_DOWN.read_text("utf-8"))
    today = form_of_today()
    gone = [
        f"{part}: {setting} was ({form}) and is ({today.get(part, {}).get(setting, 'gone')})"
        for part, settings in written["settings"].items()
        for setting, form in settings.items()
        if today.get(part, {}).get(setting) != form
    ]
    new = [
        f"{part}: {setting} is new and required"
        for part, settings in today.items()
        if part in written["settings"]
        for setting, form in settings.items()
        if setting not in written["settings"][part] and form.endswith("required")
    ]
    assert gone + new == [] or written["format"] < FORMAT, "\n".join(
        [
            *gone,
            *new,
            "a kept revision would be read otherwise: see docs/upgrading.md, 'changing the language'",
        ]
    )
    assert written["format"] == FORMAT, "write the form of this format down, as the module says"


if __name__ == "__main__":
    document = {"format": FORMAT, "settings": form_of_today()}
    WRITTEN_DOWN.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
