"""What steps do to a document: give a setting, rename one, leave one out. Every place stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from engine.language.yaml.documents import Document, Mark, Pointer, Tree
from engine.language.yaml.lookup import value_at
from engine.language.yaml.scalars import Scalar


def with_setting(document: Document, path: Pointer, value: Scalar) -> Document:
    """The document with a setting where there is none; it stands where its part does.

    A setting that is there stays, and so does a document without the part.
    """
    *above, key = path
    if document.has(path) or not isinstance(value_at(document, tuple(above)), dict):
        return document
    part = document.marks[tuple(above)]
    raw = str(value).lower() if isinstance(value, bool) else str(value)
    mark = Mark(part.value, part.key or part.value, part.value, raw, is_plain=False)
    tree = _changed(document.value, tuple(above), lambda held: {**held, str(key): value})
    return replace(document, value=tree, marks={**document.marks, path: mark})


def renamed(document: Document, path: Pointer, name: str) -> Document:
    """The document with a setting, and all that it holds, under another name beside its old one."""
    if not document.has(path):
        return document
    *above, old = path
    new = (*above, name)
    tree = _changed(
        document.value,
        tuple(above),
        lambda held: {name if key == old else key: value for key, value in held.items()},
    )
    marks = {_moved(each, path, new): mark for each, mark in document.marks.items()}
    return replace(document, value=tree, marks=marks)


def without(document: Document, path: Pointer) -> Document:
    """The document without a setting and all that it holds."""
    if not document.has(path):
        return document
    *above, gone = path
    tree = _changed(
        document.value,
        tuple(above),
        lambda held: {key: value for key, value in held.items() if key != gone},
    )
    marks = {each: mark for each, mark in document.marks.items() if each[: len(path)] != path}
    return replace(document, value=tree, marks=marks)


def _moved(path: Pointer, old: Pointer, new: Pointer) -> Pointer:
    return (*new, *path[len(old) :]) if path[: len(old)] == old else path


def _changed(tree: Tree, path: Pointer, change: Callable[[dict[str, Tree]], dict[str, Tree]]) -> Tree:
    """A copy of the tree in which the mapping at `path` is changed."""
    if not path:
        return change(cast("dict[str, Tree]", tree))
    first, rest = path[0], path[1:]
    if isinstance(tree, list):
        return [_changed(item, rest, change) if index == first else item for index, item in enumerate(tree)]
    held = cast("dict[str, Tree]", tree)
    return {key: _changed(item, rest, change) if key == first else item for key, item in held.items()}
