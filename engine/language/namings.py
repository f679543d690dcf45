"""Where settings name something: an answer, an exit, a campaign. The dataclass says which do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from engine.language.building import annotations_of, setting_of
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at


def named(document: Document, path: Pointer, made: type, sort: object) -> Iterator[tuple[str, Pointer]]:
    """Every text of this sort (`AnswerName`, …) in the settings under `path`, and where it is written."""
    for setting in naming(made, sort):
        yield from named_in(document, path, made, setting, sort)


def named_in(
    document: Document, path: Pointer, made: type, setting: str, sort: object
) -> Iterator[tuple[str, Pointer]]:
    """Those of one setting."""
    yield from _named(document, (*path, setting), _annotations(made)[setting], sort)


def naming(made: type, sort: object) -> tuple[str, ...]:
    """The settings of the dataclass that hold texts of this sort."""
    return _naming(made, sort)


@cache
def _naming(made: type, sort: object) -> tuple[str, ...]:
    return tuple(setting for setting, annotation in _annotations(made).items() if _holds(annotation, sort))


def holding(made: type, key: object, value: object) -> tuple[str, ...]:
    """The settings that are a mapping of this sort of key to this sort of value."""
    return tuple(
        setting
        for setting, annotation in _annotations(made).items()
        if _is_mapping(annotation) and get_args(annotation) == (key, value)
    )


def keyed_by(made: type, sort: object) -> tuple[str, ...]:
    """The settings whose keys are of this sort."""
    return tuple(
        setting
        for setting, annotation in _annotations(made).items()
        if _is_mapping(annotation) and get_args(annotation)[0] == sort
    )


@cache
def _annotations(made: type) -> Mapping[str, Any]:
    return {setting_of(field): annotation for field, annotation in annotations_of(made).items()}


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _holds(annotation: Any, sort: object) -> bool:
    return annotation == sort or any(_holds(part, sort) for part in get_args(annotation))


def _named(document: Document, path: Pointer, annotation: Any, sort: object) -> Iterator[tuple[str, Pointer]]:
    parts = get_args(annotation)
    if annotation == sort:
        text = text_at(document, path)
        if text:
            yield text, path
    elif get_origin(annotation) in (Union, UnionType):
        for part in parts:
            yield from _named(document, path, part, sort)
    elif get_origin(annotation) is tuple:
        items = value_at(document, path)
        for index in range(len(items) if isinstance(items, list) else 0):
            yield from _named(document, (*path, index), parts[0], sort)
    elif _is_mapping(annotation):
        for key in mapping_at(document, path):
            if parts[0] == sort:
                yield key, (*path, key)
            yield from _named(document, (*path, key), parts[1], sort)
