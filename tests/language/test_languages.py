"""Texts by language: each flow is whole in each of its languages, and what is missing is named at its place."""

from __future__ import annotations

import pytest

from engine.core.flow import Flow
from engine.core.prompts import Prompt
from engine.language.kept.reading import read_kept
from engine.language.revisions import Published, publish
from engine.language.schemas import shape_errors
from engine.language.yaml.documents import load
from tests.language.bilingual import FLOW, NETWORK, mistakes, published


def flow_of(made: Published) -> Flow:
    assert made.revision is not None, made.mistakes
    return made.revision.flows["main"]


def text(flow: Flow, node: str, setting: str = "prompt") -> str:
    prompt = getattr(flow.nodes[node].node, setting)
    assert isinstance(prompt, Prompt)
    return prompt.text


def test_a_flow_is_whole_in_each_language() -> None:
    made = published()
    assert made.mistakes == []
    english = flow_of(made)
    spanish = english.others["es-US"]
    assert [each.language for each in english.in_all] == ["en-US", "es-US"]
    assert english.nodes.keys() == spanish.nodes.keys()
    assert (text(english, "ask_zip"), text(spanish, "ask_zip")) == ("Your ZIP?", "¿Su código postal?")
    assert (text(english, "ask_need"), text(spanish, "ask_need")) == ("What do you need?", "¿Qué necesita?")
    assert (text(english, "bye", "say"), text(spanish, "bye", "say")) == ("Goodbye.", "Adiós.")
    assert text(spanish, "ask_language") == "For English, press 1. Para español, marque 2."
    said = {each.language: each.answers["need"].understand_keys("2") for each in english.in_all}
    assert {language: each and each.label for language, each in said.items()} == {
        "en-US": "a new roof",
        "es-US": "un techo nuevo",
    }
    assert [each.language_at and each.language_at.column for each in english.in_all] == [13, 20]


def test_commands_are_those_of_the_language() -> None:
    english = flow_of(published())
    spanish = english.others["es-US"]
    for flow, own, other in ((english, "go back", "en español"), (spanish, "regresar", "in english")):
        phrases = flow.spoken_at("ask_zip").phrases
        assert own in phrases
        assert other in phrases
        assert other not in flow.spoken_at("ask_language").phrases  # there it is an answer


def test_a_flow_of_one_language_has_no_command_to_change_it() -> None:
    flow = FLOW.replace("languages: [en-US, es-US]\n", "")
    assert "language" not in [each.name for each in flow_of(publish(_english(flow))).spoken.commands]


def _english(flow: str) -> dict[str, str]:
    """The same network in English alone."""
    for old, new in (
        ('{each: {en: "For English, press 1.", es: "Para español, marque 2."}}', "Which language?"),
        ("{type: language, options", "{type: choice, options"),
        ("{en: Your ZIP?, es: ¿Su código postal?}", "Your ZIP?"),
        ("    texts: {es: {prompt: ¿Qué necesita?}}\n", ""),
        ("{en: [leak], es: [gotera]}, say: {es: una reparación}", "[leak]"),
        ("{en: [new roof], es: [techo nuevo]}, say: {en: a new roof, es: un techo nuevo}", "[new roof]"),
        ('{en: "Call from {{ zip | digits }} about {{ need }}.", es: "Llamada por {{ need }}."}', "A call."),
        ("texts:\n  es: {nodes: {bye: {say: Adiós.}}}\n", ""),
    ):
        assert old in flow, old
        flow = flow.replace(old, new)
    network = NETWORK.replace(", language: es}", "}")
    return {"network.yaml": network, "main.yaml": flow}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("{en: Your ZIP?, es: ¿Su código postal?}", "Your ZIP?"),
            "main.yaml:22:5: node 'ask_zip': 'prompt' has no text in es-US; write 'prompt: {en: …, es: …}'",
        ),
        (
            ("{en: Your ZIP?, es: ¿Su código postal?}", "{en: Your ZIP?}"),
            "main.yaml:22:5: node 'ask_zip': 'prompt' has no text in es-US; add 'es: …' to it",
        ),
        (
            ("{en: Your ZIP?, es: ¿Su código postal?}", "{es: ¿Su código postal?}"),
            "main.yaml:22:5: node 'ask_zip': 'prompt' has no text in en-US; add 'en: …' to it",
        ),
        (
            ("    confirm: always", "    confirm: always\n    noinput: [{en: A, es: B}, Please key it.]"),
            (
                "main.yaml:24:31: node 'ask_zip': 'noinput → 2' has no text in es-US; "
                "write 'noinput: {en: …, es: …}'"
            ),
        ),
        (
            (", say: {es: una reparación}", ""),
            (
                "main.yaml:10:7: answer 'need': 'options → repair → say' is missing in es-US: prompts would speak "
                "the name 'repair'; add 'say: {es: …}'"
            ),
        ),
        (
            ("phrases: {en: [leak], es: [gotera]}", "phrases: [leak]"),
            (
                "main.yaml:10:26: answer 'need': 'options → repair → phrases' has no text in es-US; write "
                "'phrases: {en: …, es: …}', or 'es: []' if callers only key it there"
            ),
        ),
        (
            (', es: "Para español, marque 2."}}', "}}"),
            "main.yaml:17:14: node 'ask_language': 'prompt' isn't said in es-US; add 'es: …' to 'each'",
        ),
        (
            (
                "exits: {noinput: bye",
                "commands: {complain: {phrases: [lodge a complaint]}}\nexits: {noinput: bye",
            ),
            (
                "main.yaml:12:23: command 'complain': 'phrases' has no text in es-US; write 'phrases: {en: …, "
                "es: …}', or 'es: []' if callers only key it there"
            ),
        ),
        (
            ("texts: {es: {prompt:", "texts: {es: {promt:"),
            (
                "main.yaml:29:18: node 'ask_need': 'promt' is nothing that this flow says; remove it, or correct "
                "its name"
            ),
        ),
        (
            ("es: {nodes: {bye:", "es: {nodes: {by:"),
            "main.yaml:40:16: 'nodes → by' is nothing that this flow says; remove it, or correct its name",
        ),
        (
            ("{en: Your ZIP?, es: ¿Su código postal?}", "{en: Your ZIP?, es: ¿Su código?, fr: Le code ?}"),
            "main.yaml:22:46: node 'ask_zip': 'fr' isn't a language of this flow; available: en-US and es-US",
        ),
        (
            ('options: {en: {key: "1"}, es', 'options: {en: {key: "1"}, fr: {key: "3"}, es'),
            (
                "main.yaml:5:56: answer 'language': 'fr' isn't a language of this flow; available: en-US and "
                "es-US"
            ),
        ),
        (
            ('{each: {en: "For English, press 1."', '{each: {en: "{{ zip }}"'),
            (
                "main.yaml:17:25: 'zip' can't be spoken in a text that is said in each language; say it in a "
                "prompt of its own"
            ),
        ),
        (
            ("languages: [en-US, es-US]", "languages: [en-US, es-US]\nlanguage: es-US"),
            (
                "main.yaml:3:11: calls begin in en-US, the first of 'languages', but 'language' is es-US; remove "
                "'language'"
            ),
        ),
    ],
)
def test_what_is_missing_is_named_with_its_cure(change: tuple[str, str], said: str) -> None:
    assert said in mistakes(change)


def test_without_an_answer_of_its_type_no_call_changes_its_language() -> None:
    found = mistakes(
        ('{type: language, options: {en: {key: "1"}, es: {key: "2"}}}', "{type: yes_no}"),
        network=((', accepts: language == "es"', ""),),
    )
    assert any("no call of this flow can leave en-US" in line for line in found)


def test_a_network_states_no_language_that_its_flow_lacks() -> None:
    found = mistakes(network=(("publisher: radio, language: es", "publisher: radio, language: fr"),))
    assert found == [
        (
            "network.yaml:6:64: campaign 'roofing': main isn't in fr, but in en-US and es-US; add it to "
            "'languages' of main"
        )
    ]


def test_a_buyers_language_has_every_whisper() -> None:
    plain = (
        '{en: "Call from {{ zip | digits }} about {{ need }}.", es: "Llamada por {{ need }}."}',
        "A call.",
    )
    assert mistakes(plain) == [
        (
            "main.yaml:34:5: node 'connect': 'whisper' has no text in es-US, the language of uno; add 'es-US: …' "
            "to it"
        )
    ]
    assert mistakes(plain, network=((', accepts: language == "es", language: es', ""),)) == []


def test_texts_by_language_need_languages() -> None:
    found = mistakes(("languages: [en-US, es-US]\n", ""), ("{type: language", "{type: choice"))
    assert (
        "main.yaml:21:5: node 'ask_zip': 'prompt' is written by language, but this flow has only en-US; "
        "add 'languages: [en-US, …]' to the flow" in found
    )


def test_words_that_are_none_need_no_language() -> None:
    assert mistakes(("{en: Your ZIP?, es: ¿Su código postal?}", '"{{ zip | digits }}?"')) == []


def test_what_is_only_keyed_needs_no_phrases() -> None:
    made = published(("es: [gotera]", "es: []"))
    assert made.mistakes == []
    spanish = flow_of(made).others["es-US"].answers["need"]
    assert spanish.understand_words("gotera") == ()


def test_a_given_command_has_its_own_words_in_the_other_language() -> None:
    made = published(("exits: {noinput", "commands: {back: {phrases: [one back]}}\nexits: {noinput"))
    assert made.mistakes == []
    words = {each.language: each.spoken.phrases for each in flow_of(made).in_all}
    assert "one back" in words["en-US"]
    assert "one back" not in words["es-US"]
    assert "regresar" in words["es-US"]


def test_an_answer_in_two_languages_of_one_tongue_is_told_apart_by_its_country() -> None:
    made = published(
        ("[en-US, es-US]", "[es-US, es-MX]"),
        ('en: {key: "1"}, es: {key', 'es-US: {key: "1", phrases: [de aquí]}, es-MX: {key'),
        *[
            (f"{{en: {part}", f"{{es-MX: {part}")
            for part in ("Your ZIP?", "[leak]", "[new roof]", "a new roof")
        ],
    )
    assert {mistake.severity for mistake in made.mistakes} <= {"error", "warning"}
    assert not any("es-MX" in str(mistake) and "Your" in str(mistake) for mistake in made.mistakes)


def test_a_kept_revision_reads_as_it_was_published() -> None:
    made = published()
    kept = read_kept(made.files)
    assert kept.flows["main"].languages == ("en-US", "es-US")
    assert text(kept.flows["main"].others["es-US"], "ask_zip") == "¿Su código postal?"


SUBFLOW = """flow: home
languages: [en-US, es-US]
start: ask
parameters: {price: {type: text}}
answers: {owner: {type: yes_no}}
returns: [owner]
nodes:
  ask:
    type: collect
    answer: owner
    prompt: {en: "It costs {{ price | money }}. Yours?", es: "Cuesta {{ price | money }}. ¿Es suya?"}
    next: back
    exits: {noinput: back, nomatch: back}
  back: {type: return, exit: done}
"""
ENTERS = (
    "  find: {type: choose_buyer",
    '  home: {type: subflow, flow: home, with: {price: "45.00"}, exits: {done: find}}\n  find: {type: choose_buyer',
)


def test_a_subflow_is_entered_in_the_language_of_the_call() -> None:
    main = FLOW.replace(*ENTERS).replace("    next: find", "    next: home")
    made = publish({"network.yaml": NETWORK, "main.yaml": main, "home.yaml": SUBFLOW})
    assert [str(mistake) for mistake in made.mistakes if mistake.severity == "error"] == []
    flow = flow_of(made)
    assert text(flow, "home.ask") == "It costs forty-five dollars. Yours?"
    assert text(flow.others["es-US"], "home.ask").startswith("Cuesta ")


def test_a_subflow_that_lacks_a_language_is_named() -> None:
    main = FLOW.replace(*ENTERS).replace("    next: find", "    next: home")
    english = SUBFLOW.replace("languages: [en-US, es-US]\n", "").replace(
        '{en: "It costs {{ price | money }}. Yours?", es: "Cuesta {{ price | money }}. ¿Es suya?"}', "Yours?"
    )
    made = publish({"network.yaml": NETWORK, "main.yaml": main, "home.yaml": english})
    assert any(
        "node 'home': flow 'home' speaks en-US, but this one speaks es-US" in str(mistake)
        for mistake in made.mistakes
    )


def test_an_announcement_of_recording_is_there_in_every_language() -> None:
    plain = (("campaigns:", "recording: {channels: both, announcement: This is recorded.}\ncampaigns:"),)
    assert [line.partition(": ")[2] for line in mistakes(network=plain)] == [
        "the announcement has no text in en-US; write 'announcement: {en: …, es: …}'",
        "the announcement has no text in es-US; write 'announcement: {en: …, es: …}'",
    ]
    both = (
        (
            "campaigns:",
            "recording: {channels: both, announcement: {en: This is recorded., es: Se graba.}}\ncampaigns:",
        ),
    )
    assert mistakes(network=both) == []


def test_a_language_without_words_of_the_engine_reads_back_in_english_and_check_says_so() -> None:
    flow = FLOW.replace("[en-US, es-US]", "[en-US, fr-FR]").replace(" es:", " fr:").replace("{es:", "{fr:")
    network = NETWORK.replace("language: es", "language: fr").replace('"es"', '"fr"')
    found = [str(each) for each in publish({"network.yaml": network, "main.yaml": flow}).mistakes]
    assert found
    assert all(" in English" in line and "warning" in line for line in found)
    assert sum("read back in English" in line for line in found) == 3
    assert sum("hears in English that the caller left" in line for line in found) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("texts:\n  es: {nodes: {bye: {say: Adiós.}}}", "texts: 5"),
            "main.yaml:39:8: 'texts' is 5; expected texts by language, such as {es: {…: …}}",
        ),
        (
            ("texts: {es: {prompt: ¿Qué necesita?}}", "texts: {es: 5}"),
            "main.yaml:29:17: node 'ask_need': 'es' is 5; expected texts by language, such as {es: {…: …}}",
        ),
        (
            ("texts: {es: {prompt: ¿Qué necesita?}}", "texts: {es: {prompt: [a]}}"),
            "main.yaml:29:26: node 'ask_need': 'prompt' is a list; expected the words to speak",
        ),
    ],
)
def test_texts_that_are_none_are_a_mistake(change: tuple[str, str], said: str) -> None:
    assert said in mistakes(change)


@pytest.mark.parametrize("written", ["[en-US, spanish]", "[]", "en-US", "[en-US, en-US]"])
def test_languages_that_are_none_are_the_only_mistake(written: str) -> None:
    found = mistakes(("languages: [en-US, es-US]", f"languages: {written}"))
    assert found[0].startswith("main.yaml:2:")
    assert len(found) == 1 or written == "[en-US, en-US]"


def test_editors_take_every_way_to_write_a_text_by_language() -> None:
    document, _ = load(FLOW, "main.yaml")
    assert document is not None
    assert list(shape_errors(document.value, "flow")) == []
