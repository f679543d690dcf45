"""Languages of a flow: what is written of them, and answers that choose one.

Which texts are missing, `by_language` says as it looks for them.
"""

from __future__ import annotations

from engine.core.sayers import language_among
from engine.language.by_language import languages_of
from engine.language.lint.flow import Draft
from engine.language.mistakes import Mistakes, suggestion
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at
from engine.nodes.node_type import NodeType
from engine.nodes.phrasing import phrasing


def check_languages_written(document: Document, mistakes: Mistakes) -> None:
    """`language` and `languages` of a flow, which may not contradict each other."""
    stated, languages = text_at(document, ("language",)), languages_of(document)
    if stated is not None and stated != languages[0]:
        found = f"calls begin in {languages[0]}, the first of 'languages', but 'language' is {stated}"
        mistakes.refuse(document.place(("language",)), found, cure="remove 'language'")


def check_language_answers(draft: Draft, mistakes: Mistakes) -> None:
    """The options of an answer of this type are the flow's languages; what is read back has words for it."""
    document = draft.document
    languages = languages_of(document)
    for name in mapping_at(document, ("answers",)):
        kind = draft.answers.get(name)
        if kind is None or not kind.IS_LANGUAGE:
            continue
        if not languages and not document.has(("languages",)):
            found = f"answer '{name}': it chooses a language, but this flow has only one"
            cure = "add 'languages: [en-US, …]' to the flow, or make it a choice"
            mistakes.refuse(document.key_place(("answers", name)), found, cure=cure)
            continue
        for option in map(str, kind.few_values if languages else ()):
            if language_among(languages, option) is None:
                found = f"answer '{name}': '{option}' isn't a language of this flow"
                place = document.key_place(("answers", name, "options", option))
                mistakes.refuse(place, found, cure=suggestion(option, languages))
    _check_read_backs(draft, text_at(document, ("language",)) or "en-US", mistakes)


def _check_read_backs(draft: Draft, language: str, mistakes: Mistakes) -> None:
    """Where the engine has no words of its own, it reads back in English."""
    if phrasing(language) is not None:
        return
    for name, node in draft.nodes.items():
        asked = getattr(node, "asks", ())
        is_known = isinstance(node, NodeType) and all(answer in draft.answers for answer in asked)
        if isinstance(node, NodeType) and is_known and node.said_by_engine(draft.answers):
            found = (
                f"node '{name}': answers are read back in English; there are no words for it in {language}"
            )
            cure = "write 'confirm_prompt', or 'confirm: never'"
            mistakes.warn(draft.document.key_place(("nodes", name)), found, cure=cure)
