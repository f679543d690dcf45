"""A flow's `commands` as written → the commands that count in it, those that every flow has among them.

Rules
1. A command of a given name (`repeat`, `operator`, …) is that one: what it leaves out is as given, and `off`
   switches it off. Another name is the operator's own.
2. `phrases` take the place of those that are given.
3. What a flow says itself goes before what is given: a given phrase that means an option, or that another
   command has, is not listened for.
4. Inside a subflow its own commands come first, then those of the entering flow whose names and keys it
   leaves free, then what is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.core.answers import AnswerType
from engine.core.flow import Node
from engine.core.sayers import tongue_of
from engine.core.spoken_commands import Act, CommandKey, SpokenCommands, bare
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.node_type import NodeType
from engine.understanding.command_words import SWITCHES
from engine.understanding.commanding import changes, given_phrases

GIVEN: tuple[Act, ...] = (
    *("repeat", "slower", "back", "start_over", "change", "hold", "language", "operator", "opt_out"),
    "call_back",
)
"""The commands that every flow has, by name; `language` where it has several."""

OFF = "off"

_ASK_FIRST: frozenset[Act] = frozenset({"opt_out", "call_back"})
"""What is kept of the caller before a `goto` is followed."""


@dataclass(frozen=True, slots=True)
class WrittenCommands:
    """The commands of one flow's file, and the given ones that it switches off."""

    own: tuple[CommandKey, ...] = ()
    off: frozenset[str] = frozenset()


NO_COMMANDS = WrittenCommands()


def read_commands(document: Document, tongue: str, mistakes: Mistakes) -> WrittenCommands:
    """Every command, whether or not it leads anywhere; keys and phrases that two of them have are refused."""
    own: list[CommandKey] = []
    off: set[str] = set()
    for name in mapping_at(document, ("commands",)):
        path = ("commands", name)
        if value_at(document, path) == OFF:
            off.add(name)
            if name not in GIVEN:
                found = f"command '{name}' is off, but no command has this name unless you write one"
                mistakes.refuse(document.place(path), found, cure=f"remove it; given are {', '.join(GIVEN)}")
            continue
        command = _command(document, name, tongue)
        if not command.key and not command.phrases:
            found = f"command '{name}' has neither a key nor phrases, so nobody can give it"
            mistakes.refuse(document.key_place(path), found, cure="add 'phrases: […]' or 'key: …'")
            continue
        other = next((each for each in own if command.key and each.key == command.key), None)
        if other is not None:
            found = f"commands '{name}' and '{other.name}' both use key {command.key}"
            mistakes.error(document.place((*path, "key")), found, cure="give each its own key")
            continue
        own.append(command)
    return WrittenCommands(tuple(own), frozenset(off))


def _command(document: Document, name: str, tongue: str) -> CommandKey:
    path: Pointer = ("commands", name)
    goto = text_at(document, (*path, "goto"))
    does: Act = "repeat"
    given = next((act for act in GIVEN if act == name), None)
    if given == "language" and not document.has(("languages",)):
        given = None  # there is no other
    if given is not None:
        does = given
    if goto is not None and does not in _ASK_FIRST:
        does = "goto"
    phrases = written_phrases(document, name)
    if not phrases and given is not None and not document.has((*path, "phrases")):
        phrases = given_phrases(tongue).get(given, ())
    return CommandKey(name, document.raw((*path, "key")) or "", goto, phrases, does)


def written_phrases(document: Document, name: str) -> tuple[str, ...]:
    listed = value_at(document, ("commands", name, "phrases"))
    return tuple(str(phrase) for phrase in listed) if isinstance(listed, list) else ()


def keyed(commands: Iterable[CommandKey], document: Document) -> dict[str, CommandKey]:
    """Those that have a key, by key, with the phrases that are written: below behaviour OBEYS_IN_SENTENCES
    nothing else counted."""
    return {
        command.key: replace(command, phrases=written_phrases(document, command.name))
        for command in commands
        if command.key
    }


def spoken_in(
    written: WrittenCommands,
    tongue: str,
    nodes: Mapping[str, Node],
    answers: Mapping[str, AnswerType],
) -> SpokenCommands:
    """All commands of a flow: its own, and what is given and neither written, off nor an option's words."""
    names = {command.name.rpartition(".")[2] for command in written.own} | written.off
    taken = {bare(text) for command in written.own for text in command.phrases}
    others = {name: kind for name, kind in answers.items() if not kind.IS_LANGUAGE}
    taken |= {bare(text) for _, _, text in options_said(nodes, others)}
    desk = _desk(nodes)
    given = []
    switch = to_other_languages(answers, tongue)
    for act, given_so in given_phrases(tongue).items():
        phrases = (*switch, *given_so) if act == "language" else given_so
        free = tuple(phrase for phrase in dict.fromkeys(phrases) if bare(phrase) not in taken)
        if act not in names and free and (act != "language" or switch):
            is_desk = act == "operator" and desk is not None
            does: Act = "goto" if is_desk else act
            given.append(CommandKey(act, "", desk if is_desk else None, free, does, is_given=True))
    own = tuple(_without(command, nodes, answers) for command in written.own)
    own = tuple(
        replace(each, phrases=tuple(dict.fromkeys((*switch, *each.phrases))))
        if each.does == "language"
        else each
        for each in own
    )
    own = tuple(
        replace(each, goto=desk, does="goto") if each.does == "operator" and desk else each for each in own
    )
    commands = (*own, *given)
    can_change = any(command.does == "change" for command in commands)
    return SpokenCommands(tongue, commands, changes(_asked(nodes, answers), tongue) if can_change else ())


def asking_for_language(
    nodes: Mapping[str, Node],
    answers: Mapping[str, AnswerType],
    spoken: SpokenCommands,
    inside: Mapping[str, SpokenCommands],
) -> dict[str, SpokenCommands]:
    """By node that asks for the language: there it is an answer, and no command."""
    found = {}
    for name, node in nodes.items():
        if any(answers[each].IS_LANGUAGE for each in getattr(node, "asks", ()) if each in answers):
            here = inside.get(name, spoken)
            rest = tuple(command for command in here.commands if command.does != "language")
            found[name] = replace(here, commands=rest)
    return found


def to_other_languages(answers: Mapping[str, AnswerType], tongue: str) -> tuple[str, ...]:
    """What is said to go on in another of the flow's languages; () where it has one alone."""
    languages = [
        (str(language), kind) for kind in answers.values() if kind.IS_LANGUAGE for language in kind.few_values
    ]
    found: list[str] = []
    for language, kind in languages:
        if tongue_of(language) != tongue:
            options: Mapping[str, Any] = getattr(kind, "options", {})
            found += (*options[language].phrases, *SWITCHES.get(tongue_of(language), ()))
    return tuple(dict.fromkeys(found))


def inside(node: str, inner: WrittenCommands, outer: WrittenCommands) -> WrittenCommands:
    """What is written for the nodes of the flow that `node` enters."""
    own = tuple(
        replace(
            command,
            name=f"{node}.{command.name}",
            goto=None if command.goto is None else f"{node}.{command.goto}",
        )
        for command in inner.own
    )
    keys = {command.key for command in own if command.key}
    names = {command.name for command in inner.own} | inner.off
    rest = tuple(each for each in outer.own if each.key not in keys and each.name not in names)
    off = inner.off | (outer.off - {command.name for command in inner.own})
    return WrittenCommands((*own, *rest), off)


def options_said(
    nodes: Mapping[str, Node | None], answers: Mapping[str, AnswerType]
) -> list[tuple[str, str, str]]:
    """What callers say for the options of choices and menus: whose, which, and the words."""
    found: list[tuple[str, str, str]] = []
    for whose, things in (("answer", answers), ("node", nodes)):
        for name, thing in things.items():
            options: Mapping[str, Any] = getattr(thing, "options", None) or {}
            for option, said in options.items():
                texts = (option.replace("_", " "), *said.phrases, getattr(said, "say", None))
                found += [(f"{whose} '{name}'", option, text) for text in texts if text]
    return found


def _without(command: CommandKey, nodes: Mapping[str, Node], answers: Mapping[str, AnswerType]) -> CommandKey:
    """A written command whose phrases are the given ones gives way to options as any given one does."""
    if command.name.rpartition(".")[2] not in GIVEN:
        return command
    taken = {bare(text) for _, _, text in options_said(nodes, answers)}
    return replace(command, phrases=tuple(each for each in command.phrases if bare(each) not in taken))


def _asked(nodes: Mapping[str, Node], answers: Mapping[str, AnswerType]) -> dict[str, AnswerType]:
    """The answers that some node asks for."""
    asked = {name for node in nodes.values() for name in getattr(node, "asks", ())}
    return {name: kind for name, kind in answers.items() if name in asked}


def _desk(nodes: Mapping[str, Node]) -> str | None:
    """The flow's own desk: its one node that calls a number of its own, where it has one."""
    ringing = {
        name: node.ringing for name, node in nodes.items() if isinstance(node, NodeType) and "." not in name
    }
    desks = [name for name, each in ringing.items() if each is not None and each.to is not None]
    return desks[0] if len(desks) == 1 else None
