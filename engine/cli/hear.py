"""cordboard hear: what is understood of a sentence, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.check import print_mistakes
from engine.cli.options import folder_argument, json_option, network_folder, print_json, stop
from engine.core.flow import Revision
from engine.core.grammar_spec import GrammarSpec
from engine.core.json_values import JsonObject
from engine.core.sayers import tongue_of
from engine.language.revisions import load
from engine.nodes.certainty import LIKELY, NEAR, SURE
from engine.understanding.grammars import grammar_of

if TYPE_CHECKING:  # the recogniser is an extra, and takes its time to load
    from engine.media.speech.options_meant import OptionsMeant
    from engine.media.speech.recogniser import Recogniser
    from engine.media.speech.recognition import Alternative


@dataclass(frozen=True, slots=True)
class AskedChoice:
    """A choice of a flow, and what its question lets callers say."""

    flow: str
    answer: str
    spec: GrammarSpec


@click.command()
@folder_argument
@click.argument("said", metavar="TEXT|WAV…", nargs=-1, required=True)
@click.option("--flow", metavar="NAME", help="Only choices of this flow.")
@click.option("--ask", metavar="ANSWER", help="Only this choice.")
@json_option
def hear(folder: Path, said: tuple[str, ...], flow: str | None, ask: str | None, as_json: bool) -> None:
    """Show what the choices of the network in DIR make of what callers say, a text or a WAV file.

    For each option: what the grammar, the words and the meaning found, and how sure they make it together.
    """
    published = load(network_folder(folder))
    if published.revision is None:
        print_mistakes(folder, published.mistakes, err=True)
        stop("nothing can be heard: the network has errors", 1)
    choices = [each for each in _choices(published.revision) if flow in (None, each.flow)]
    choices = [each for each in choices if ask in (None, each.answer)]
    if not choices:
        stop("no such choice is asked here in English; leave out --flow and --ask to see them all")
    listener = _Listener()
    shown: list[JsonObject] = []
    for text in said:
        for choice in choices:
            readings = listener.hears(text, choice.spec)
            shown.append(_document(choice, text, readings))
    if as_json:
        print_json(shown)
    else:
        for document in shown:
            _tell(document)


def _choices(revision: Revision) -> Iterator[AskedChoice]:
    for flow in revision.flows.values():
        tongue = tongue_of(flow.language)
        for name, kind in flow.answers.items():
            spec = replace(grammar_of(kind.in_tongue(tongue), (), flow.spoken), tongue=tongue)
            if spec.takes_own_words:
                yield AskedChoice(flow.name, name, spec)


class _Listener:
    """Loads what it takes, once."""

    def __init__(self) -> None:
        self._meant: OptionsMeant | None = None
        self._recognisers: dict[str, Recogniser[Any]] = {}

    def hears(self, said: str, spec: GrammarSpec) -> tuple[Alternative, ...]:
        """The readings of a text, or of the sound in a file."""
        try:
            return (
                self._of_sound(Path(said), spec)
                if said.lower().endswith(".wav")
                else self._of_text(said, spec)
            )
        except ImportError as error:
            stop(f"nothing hears here ({error}); run: pip install 'cordboard[speech]'")
        except (OSError, ValueError) as error:
            stop(str(error))

    def _of_text(self, text: str, spec: GrammarSpec) -> tuple[Alternative, ...]:
        from engine.media.speech.options_meant import OptionsMeant
        from engine.understanding.grammars import compile_grammar

        self._meant = self._meant or OptionsMeant()
        return self._meant.of_text(text, compile_grammar(spec))

    def _of_sound(self, path: Path, spec: GrammarSpec) -> tuple[Alternative, ...]:
        from engine.media.speech.model import ModelMissing
        from engine.media.speech.recogniser import recogniser_of
        from engine.media.speech.sound_files import read_wav

        sound = read_wav(path)
        if spec.tongue not in self._recognisers:
            try:
                self._recognisers[spec.tongue] = recogniser_of(spec.tongue)
            except ModelMissing as missing:
                stop(str(missing))
        return self._recognisers[spec.tongue].recognise(sound, spec).alternatives


def _document(choice: AskedChoice, said: str, readings: Sequence[Alternative]) -> JsonObject:
    return {
        "flow": choice.flow,
        "answer": choice.answer,
        "said": said,
        "result": _result(readings),
        "readings": [
            {
                "option": None if one.value is None else str(one.value),
                "phrase": one.phrase,
                "text": one.text,
                "certainty": round(one.confidence, 3),
                "grammar": one.other.grammar if one.other else round(one.confidence, 3),
                "words": one.other.words if one.other else None,
                "meaning": one.other.meaning if one.other else None,
            }
            for one in readings
        ],
    }


def _result(readings: Sequence[Alternative]) -> str:
    if not readings or readings[0].confidence < LIKELY:
        return "not understood"
    is_torn = len(readings) > 1 and readings[0].confidence - readings[1].confidence < NEAR
    what = str(readings[0].value) if readings[0].phrase is None else f'"{readings[0].phrase}"'
    return f"{what}: taken" if readings[0].confidence >= SURE and not is_torn else f"{what}: asked about"


def _tell(document: JsonObject) -> None:
    click.echo(f"{document['flow']} → {document['answer']}: {document['said']}")
    readings = document["readings"]
    assert isinstance(readings, list)
    for one in readings:
        assert isinstance(one, dict)
        name = one["option"] or f'"{one["phrase"]}"'
        parts = (f"{part} {_figure(one[part])}" for part in ("grammar", "words", "meaning"))
        click.echo(f"    {name:<20} {_figure(one['certainty'])}   {'  '.join(parts)}   {one['text']}")
    click.echo(f"    {document['result']}")


def _figure(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "   -"
