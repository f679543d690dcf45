"""Yes, no, "no sé", choices, corrections, read-backs and commands in Spanish."""

import pytest

from engine.core.spoken_commands import CommandKey, SpokenCommands
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.commanding import given_phrases, said_command
from engine.understanding.filling import fill
from engine.understanding.number import Number
from engine.understanding.replies import Confirming
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from tests.understanding.spoken import asked, meant, said

YES_NO = YesNo().in_tongue("es")
NEED = Choice(
    {
        "repair": ChoiceOption("1", ("reparación", "gotera"), "una reparación"),
        "replace": ChoiceOption("2", ("techo nuevo", "reemplazo"), "un techo nuevo"),
    }
).in_tongue("es")
INSURANCE = Choice(
    {
        "claim": ChoiceOption("1", ("reclamo al seguro", "con el seguro")),
        "none": ChoiceOption("2", ("sin seguro", "pago yo")),
    }
).in_tongue("es")
COMMANDS = SpokenCommands(
    "es", tuple(CommandKey(does, "", None, texts, does, True) for does, texts in given_phrases("es").items())
)


@pytest.mark.parametrize(
    "words",
    [
        *("sí", "Sí.", "sí, claro", "claro", "claro que sí", "por supuesto", "cómo no", "así es", "correcto"),
        *("es correcto", "exacto", "ajá", "bueno", "está bien", "de acuerdo", "sí señor", "sí, por favor"),
        *("eh... sí", "pues sí", "sí tengo", "sí, tengo seguro", "no hay problema", "uno", "oprimo el uno"),
        *("la opción uno", "creo que sí", "yes", "sí, sí, sí"),
    ],
)
def test_a_yes(words):
    assert meant(YES_NO, words) is True


@pytest.mark.parametrize(
    "words",
    [
        *(
            "no",
            "No.",
            "no, gracias",
            "para nada",
            "claro que no",
            "por supuesto que no",
            "de ninguna manera",
        ),
        *(
            "nunca",
            "tampoco",
            "no es correcto",
            "no, no es correcto",
            "está mal",
            "eso está mal",
            "incorrecto",
        ),
        *("no tengo", "no tengo seguro", "no, no tengo seguro", "todavía no", "ahora no", "qué va"),
        *("creo que no", "no creo", "no señora", "no, no, para nada", "dos", "el dos"),
    ],
)
def test_a_no(words):
    assert meant(YES_NO, words) is False


@pytest.mark.parametrize(
    "words",
    ["no sé", "no lo sé", "ni idea", "tal vez", "quién sabe", "a lo mejor", "no me acuerdo", "depende", ""],
)
def test_neither(words):
    assert said(YES_NO, words) == []


def test_both_in_one_breath_are_asked_about_unless_one_corrects_the_other():
    assert asked(YES_NO, "sí, no") == {True, False}
    assert meant(YES_NO, "no, perdón, sí") is True


def test_its_label_is_spanish():
    assert (YES_NO.understand_keys("1").label, YES_NO.understand_keys("2").label) == ("sí", "no")
    assert YesNo().understand_keys("1").label == "yes"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("una reparación", "repair"),
        ("tengo unas goteras", "repair"),
        ("quiero reparar el techo", "repair"),
        ("un techo nuevo", "replace"),
        ("necesito techos nuevos", "replace"),
        ("la dos", "replace"),
        ("opción dos", "replace"),
        ("la segunda", "replace"),
        ("reparasión", "repair"),
        ("no quiero una reparación, quiero un techo nuevo", "replace"),
        ("una reparación, no, un techo nuevo", "replace"),
        ("no sé", None),
    ],
)
def test_a_choice(words, option):
    assert meant(NEED, words) == option


@pytest.mark.parametrize("words", ["sin seguro", "no tengo seguro", "no tengo ningún seguro", "pago yo"])
def test_a_choice_of_none_is_no_refusal(words):
    assert meant(INSURANCE, words) == "none"


def confirming(code: str) -> Confirming:
    zips = Zip().in_tongue("es")
    stated = zips.understand_keys(code)
    assert stated is not None
    return Confirming({"zip": stated}, {"zip": zips}).in_tongue("es")


@pytest.mark.parametrize(
    ("words", "is_yes", "code"),
    [
        ("sí", True, None),
        ("sí, es correcto", True, None),
        ("no", False, None),
        ("no, está mal", False, None),
        ("siete ocho siete cero uno", True, None),
        ("no, siete ocho siete cero dos", False, "78702"),
        ("está mal, es 78702", False, "78702"),
        ("no 78701, 78702", False, "78702"),
        ("perdón, siete ocho siete cero dos", None, "78702"),
    ],
)
def test_a_read_back_is_answered(words, is_yes, code):
    reply = confirming("78701").reply_in_words(words)
    assert reply is not None
    assert reply.is_yes is is_yes
    assert [some[0].value for some in reply.values.values()] == ([code] if code else [])


def test_one_sentence_fills_several_answers():
    kinds = {"need": NEED, "zip": Zip().in_tongue("es"), "children": Number().in_tongue("es")}
    filled = fill(kinds, "necesito un techo nuevo en el siete ocho siete cero uno y tengo tres hijos")
    assert {name: each.value for name, each in filled.items()} == {
        "need": "replace",
        "zip": "78701",
        "children": 3,
    }


@pytest.mark.parametrize(
    ("words", "does"),
    [
        ("repita por favor", "repeat"),
        ("más despacio", "slower"),
        ("quiero hablar con una persona", "operator"),
        ("no, un operador", "operator"),
        ("eh, un momento por favor", "hold"),
        ("no quiero un operador", None),
        ("no quiero hablar con un operador", None),
        ("siete ocho siete cero uno", None),
    ],
)
def test_a_command(words, does):
    found = said_command(words, COMMANDS)
    assert (found and found.command.does) == does
