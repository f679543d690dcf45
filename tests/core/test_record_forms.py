"""The form of every event, command and fact, written down: journals are read back by it.

`python -m tests.core.test_record_forms` writes the form of today down, after which the diff is reviewed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from engine.core.commands import COMMAND_TYPES
from engine.core.events import EVENT_TYPES, FORMAT
from engine.core.facts import FACT_TYPES
from engine.core.records import Frozen

WRITTEN_DOWN = Path(__file__).with_name("record_forms.json")

Forms = dict[str, dict[str, str]]


def forms_of_today() -> Forms:
    """By record: each field with its type, and its default if any."""
    found: Forms = {}
    for kind in (*EVENT_TYPES, *COMMAND_TYPES, *FACT_TYPES):
        _add(found, kind)
    return found


def _add(found: Forms, kind: type) -> None:
    if kind.__name__ in found:
        return
    fields = found[kind.__name__] = {}
    for field in msgspec.structs.fields(kind):
        fields[field.encode_name] = f"{_spelled(field.type)}, {_default(field)}"
        for part in _records_in(field.type):
            _add(found, part)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default is not msgspec.NODEFAULT:
        return f"left out it is {field.default!r}"
    assert callable(field.default_factory)
    return f"left out it is {field.default_factory()!r}"


def _records_in(annotation: object) -> list[type]:
    """The records of our own that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return [annotation]
    return [part for each in getattr(annotation, "__args__", ()) for part in _records_in(each)]


def _spelled(annotation: object) -> str:
    text = (
        annotation.__name__
        if isinstance(annotation, type) and not hasattr(annotation, "__args__")
        else str(annotation)
    )
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)


def unlike(written: Forms, today: Forms) -> list[str]:
    """What a journal of the written form would be misread by, a line each."""
    changed = [
        f"{record}.{field} was ({form}) and is ({today.get(record, {}).get(field, 'gone')})"
        for record, fields in written.items()
        for field, form in fields.items()
        if today.get(record, {}).get(field) != form
    ]
    required = [
        f"{record}.{field} is new and required"
        for record, fields in today.items()
        if record in written
        for field, form in fields.items()
        if field not in written[record] and form.endswith("required")
    ]
    return changed + required


def test_no_record_changes_its_form_without_a_number_and_an_upgrade() -> None:
    written = json.loads(WRITTEN_DOWN.read_text("utf-8"))
    found = unlike(written["records"], forms_of_today())
    assert found == [] or written["format"] < FORMAT, "\n".join(
        [
            *found,
            "a kept journal would be misread: raise FORMAT, and teach engine/core/older.py the form that was",
        ]
    )
    assert written["format"] == FORMAT, "write the form of this format down, as the module says"


def test_a_field_that_goes_or_comes_without_a_default_is_found() -> None:
    today = forms_of_today()
    fewer = {**today, "Step": {name: form for name, form in today["Step"].items() if name != "exit"}}
    more = {**today, "Step": {**today["Step"], "why": "str, required"}}
    wider = {**today, "Step": {**today["Step"], "why": "str, left out it is ''"}}
    assert unlike(today, fewer) == ["Step.exit was (str, required) and is (gone)"]
    assert unlike(today, more) == ["Step.why is new and required"]
    assert unlike(today, wider) == []


if __name__ == "__main__":
    document = {"format": FORMAT, "records": forms_of_today()}
    WRITTEN_DOWN.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
