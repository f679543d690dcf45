"""The words of a flow's own commands: none may mean something else as well.

What is given (`commands.GIVEN`) gives way by itself; what an operator writes is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.spoken_commands import bare
from engine.language.commands import options_said, written_phrases
from engine.language.lint.flow import Draft
from engine.language.mistakes import Mistakes
from engine.language.subflows import Offer
from engine.language.yaml.documents import Pointer
from engine.understanding.affirming import means_yes_or_no


def check_words(draft: Draft, offers: Iterable[Offer], mistakes: Mistakes) -> None:
    """Phrases that are an option's too, another command's, or a yes or a no."""
    document = draft.document
    options = dict(_options(draft, offers))
    owners: dict[str, str] = {}
    for command in draft.commands:
        for index, text in enumerate(written_phrases(document, command.name)):
            path: Pointer = ("commands", command.name, "phrases", index)
            words = bare(text)
            whose, other = options.get(words), owners.setdefault(words, command.name)
            if whose is not None:
                found = f"command '{command.name}': '{text}' also means {whose}"
                mistakes.refuse(document.place(path), found, cure="give one of them other words")
            elif other != command.name:
                found = f"commands '{other}' and '{command.name}' both have the phrase '{text}'"
                mistakes.refuse(document.place(path), found, cure="give each its own words")
            elif means_yes_or_no(text):
                found = f"command '{command.name}': '{text}' answers every question of yes or no"
                mistakes.refuse(document.place(path), found, cure="choose other words")


def _options(draft: Draft, offers: Iterable[Offer]) -> Iterator[tuple[str, str]]:
    """What is said for each option of this flow, and of those that it enters: the words, whose they are."""
    for offer in offers:
        for whose, option, text in options_said({}, offer.answers):
            yield bare(text), f"option '{option}' of {whose} of a subflow"
    for whose, option, text in options_said(draft.nodes, draft.answers):
        yield bare(text), f"option '{option}' of {whose}"
