"""A small network for callers in English and Spanish."""

from __future__ import annotations

from engine.language.revisions import Published, publish

NETWORK = """
network: small
numbers:
  "+15550100": {campaign: roofing, publisher: radio}
  "+15550101": {campaign: roofing, publisher: valle}
  "+15550102": {campaign: roofing, publisher: radio, language: es}
publishers:
  radio: {name: Radio, parameters: {secret: RADIO, answers: {lang: language}}}
  valle: {name: Valle, language: es}
campaigns: {roofing: {flow: main, buyers: [one, uno]}}
buyers:
  one: {name: One, to: "+15550111", price: "10.00", accepts: need == "replace"}
  uno: {name: Uno, to: "+15550112", price: "20.00", accepts: language == "es", language: es}
"""
FLOW = """flow: main
languages: [en-US, es-US]
start: ask_language
answers:
  language: {type: language, options: {en: {key: "1"}, es: {key: "2"}}}
  zip: {type: zip}
  need:
    type: choice
    options:
      repair: {key: "1", phrases: {en: [leak], es: [gotera]}, say: {es: una reparación}}
      replace: {key: "2", phrases: {en: [new roof], es: [techo nuevo]}, say: {en: a new roof, es: un techo nuevo}}
exits: {noinput: bye, nomatch: bye}
nodes:
  ask_language:
    type: collect
    answer: language
    prompt: {each: {en: "For English, press 1.", es: "Para español, marque 2."}}
    next: ask_zip
  ask_zip:
    type: collect
    answer: zip
    prompt: {en: Your ZIP?, es: ¿Su código postal?}
    confirm: always
    next: ask_need
  ask_need:
    type: collect
    answer: need
    prompt: What do you need?
    texts: {es: {prompt: ¿Qué necesita?}}
    next: find
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect:
    type: bridge
    whisper: {en: "Call from {{ zip | digits }} about {{ need }}.", es: "Llamada por {{ need }}."}
    accept: {key: "1"}
    next: bye
    exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}
  bye: {type: hangup, say: Goodbye.}
texts:
  es: {nodes: {bye: {say: Adiós.}}}
"""


def published(*changes: tuple[str, str], network: tuple[tuple[str, str], ...] = ()) -> Published:
    """The network, with these texts of its flow and of itself in place of others."""
    flow, own = FLOW, NETWORK
    for old, new in changes:
        assert old in flow, old
        flow = flow.replace(old, new)
    for old, new in network:
        assert old in own, old
        own = own.replace(old, new)
    return publish({"network.yaml": own, "main.yaml": flow})


def mistakes(*changes: tuple[str, str], network: tuple[tuple[str, str], ...] = ()) -> list[str]:
    """What is said of it."""
    return [str(mistake) for mistake in published(*changes, network=network).mistakes]
