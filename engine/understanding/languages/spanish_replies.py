"""Yes, no, "no sé", corrections and refusals in Spanish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.understanding.affirming import Affirmation, AffirmingWords, affirmations_by, meanings
from engine.understanding.corrections import CorrectingWords, SpokenCorrection, corrections_by
from engine.understanding.languages.spanish_digits import FILLERS
from engine.understanding.not_known import places_of
from engine.understanding.refusals import RefusingWords, refusal_by
from engine.understanding.words import SaidWords, phrase, word_set


def lexicon(text: str) -> frozenset[tuple[str, ...]]:
    """Phrases parted by commas, written as Spanish is."""
    return frozenset(phrase(part.strip()) for part in text.split(",") if part.strip())


_NOT_KNOWN = lexicon(
    "no sé, no lo sé, no la sé, no se sabe, no sabría,"
    "no sabría decirle, no sabría decir, no tengo idea, ni idea,"
    "no tengo ni idea, no tengo la menor idea, quién sabe, sabrá dios, no me acuerdo, no recuerdo,"
    "no lo recuerdo, no me la sé, no me lo sé, se me olvidó, lo olvidé, no estoy seguro, no estoy segura,"
    "no estoy muy seguro, no estoy muy segura, no estamos seguros, no sé bien, no sé cuál,"
    "no lo tengo a mano,"
    "no lo tengo conmigo, no la tengo a mano, no la tengo conmigo, difícil de decir, no puedo decirle,"
    "no podría decirle, yo no sé, la verdad no sé, desconozco, lo desconozco, ni me acuerdo, no sabemos"
)
_YES = lexicon(
    "sí, sip, sipi, claro, claro que sí, clarísimo, por supuesto, por supuesto que sí,"
    "desde luego, cómo no, por qué no, correcto, es correcto, eso es correcto, está correcto, correctísimo,"
    "exacto, exactamente, así es, así mero, eso es, eso mero, ese es, esa es, ese mero, cierto, es cierto,"
    "efectivamente, en efecto, afirmativo, de acuerdo, está bien, muy bien, todo bien, bien, bueno, ok, okay,"
    "oká, vale, dale, órale, sale, ándele, perfecto, excelente, seguro que sí, con gusto, con mucho gusto,"
    "sí señor, sí señora, sí señorita, sí claro, sí por favor, sí gracias, sí es, sí lo es, sí soy,"
    "sí lo soy,"
    "sí tengo, sí lo tengo, sí la tengo, sí quiero, sí hay, sí está, sí estoy, sí puedo, lo es, la tengo,"
    "lo tengo, ajá, ujum, mjm, simón, sin duda, sin problema, no hay problema, no hay ningún problema,"
    "ningún problema, no problem, tal cual, ya lo creo, siempre, obvio, obviamente, naturalmente, verdad,"
    "es verdad, verdadero, adelante, confirmo, lo confirmo, confirmado, totalmente, absolutamente,"
    "definitivamente, cien por ciento, estoy de acuerdo, yes, yeah, yep, sure, eso dije, tiene razón,"
    "me parece bien, suena bien, cómo de que no"
)
_LIKELY_YES = lexicon(
    "creo que sí, pienso que sí, supongo que sí, supongo, me parece que sí, yo creo que sí, yo creo,"
    "probablemente, probablemente sí, seguramente, a lo mejor sí, por favor, tal vez sí, quizás sí"
)
_NO = lexicon(
    "no, nop, nel, nones, nah, no señor, no señora, no señorita, no gracias, para nada,"
    "claro que no, por supuesto que no, desde luego que no, de ninguna manera, de ningún modo, ni hablar,"
    "en absoluto, qué va, nunca, jamás, tampoco, ninguno, ninguna, nada, nada de eso, negativo, falso,"
    "es falso, incorrecto, es incorrecto, está incorrecto, no es correcto, eso no es correcto, no es cierto,"
    "no es verdad, no es así, así no es, no es eso, eso no es, ese no es, esa no es, no es ese, no es esa,"
    "está mal, eso está mal, está equivocado, está equivocada, equivocado, equivocada, mal, todavía no,"
    "aún no, ahora no, hoy no, ahorita no, por ahora no, no por ahora, no por el momento, no realmente,"
    "no mucho, no tanto, no del todo, no quiero, no tengo, no hay, no lo es, no soy, no está, no estoy,"
    "no puedo, yo no, nosotros no, mejor no, no estoy de acuerdo,"
    " ya no, no me interesa, no estoy interesado, no estoy interesada,"
    "eso no fue lo que dije, no dije eso, ni de chiste, ni loco, ni modo que sí, nope"
)
_LIKELY_NO = lexicon(
    "creo que no, pienso que no, supongo que no, me parece que no, yo creo que no, no creo, no lo creo,"
    "probablemente no, no que yo sepa, lo dudo, a lo mejor no, tal vez no, quizás no"
)
_NEITHER = lexicon(
    "tal vez, quizás, quizá, a lo mejor, depende, puede ser, podría ser, más o menos, a veces, sí y no,"
    "ni sí ni no, si es que, si quiere, si puede, si acaso, como si, a ver si, por si, no sé si,"
    "si se puede, no solo, no sólo, no solamente, no más, no importa, bueno pues, bien dicho,"
    "muy buena pregunta, claro está, no hay de qué, no se preocupe"
)

_BESIDE = FILLERS | word_set(
    "ay oh perdon disculpe digo dije senor senora senorita y entonces es el la lo eso mi respuesta"
    " pues ya con gusto usted le que muchas muchisimas"
)

_INSTEAD = lexicon(
    "perdón, perdone, perdóneme, disculpe, disculpa, discúlpeme, lo siento, digo, quiero decir, quise decir,"
    "mejor dicho, más bien, o sea, espere, espera, espéreme, corrijo, corrección, me equivoqué, mejor,"
    "en realidad, de hecho, que diga, mejor ponga, ponga, dije, yo dije, déjeme corregir, cámbielo a,"
    "empiezo de nuevo, otra vez, va de nuevo"
)
_TAKEN_BACK = lexicon(
    "olvide eso, olvídelo, olvida eso, borre eso, bórrelo, eso no, así no, está mal, eso está mal,"
    "no es correcto, eso no es correcto, no es eso, incorrecto, está equivocado"
)
_NEGATIONS = word_set("sin nunca jamas tampoco ni ningun ninguna ninguno nada")
_TURNS = word_set("pero sino solo solamente mas porque aunque")
_ARTICLES = word_set("el la los las un una unos unas lo de del al es son en mi mis su por para a")
_VERBS = word_set(
    "tengo tiene tenemos quiero quiere queremos necesito necesita necesitamos es soy son esta estoy hay busco"
    " buscamos uso usamos voy vamos me se lo la nos puedo pido era fue seria hablar con"
)


def not_known_places(texts: Sequence[str]) -> frozenset[int]:
    """The words of a text that say "no sé", "ni idea", "no me acuerdo" and the like."""
    return places_of(texts, _NOT_KNOWN)


def _by_verb(said: SaidWords, at: int) -> tuple[bool, int] | None:
    """(is yes, past) of "no tengo", "no la necesito": a no, whatever the verb."""
    texts = said.texts
    if texts[at] != "no":
        return None
    past = at + 1
    while past < len(texts) and texts[past] in _VERBS and not said.words[past].after_pause:
        past += 1
    return (False, past) if past > at + 1 else None


_AFFIRMING = AffirmingWords(
    meanings(_YES, _LIKELY_YES, _NO, _LIKELY_NO, _NEITHER), _BESIDE, not_known_places, _by_verb
)
_CORRECTING = CorrectingWords(
    _INSTEAD,
    _TAKEN_BACK,
    frozenset({"no", "nop", "nope"}),
    word_set("el la lo es son que perdon digo era mi un una dije mejor debe ser"),
    FILLERS,
)
_REFUSING = RefusingWords(
    _NEGATIONS,
    frozenset({"no"}),
    _TURNS,
    _ARTICLES | _VERBS | word_set("mas otro otra tipo clase"),
    not_known_places,
)


def affirmations(said: SaidWords) -> Iterator[Affirmation]:
    """Everything that says yes or no; in a sentence only what opens it is sure."""
    return affirmations_by(said, _AFFIRMING)


def corrections(said: SaidWords, is_answer: Callable[[int], bool]) -> list[SpokenCorrection]:
    """Every correction in order; `is_answer` tells whether a new answer begins at a word."""
    return corrections_by(said, is_answer, _CORRECTING)


def refusal(said: SaidWords, first: int) -> int | None:
    """Where the negation stands that governs the words from `first` on; None where there is none.

    "No" reaches over articles and verbs: "no tengo seguro", "no es una reparación". Of two that say it
    together, "no tengo ningún seguro", it is the first.
    """
    found = refusal_by(said, first, _REFUSING)
    while found is not None and (before := refusal_by(said, found, _REFUSING)) is not None:
        found = before
    return found
