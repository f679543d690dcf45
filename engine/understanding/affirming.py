"""Yes and no in their many forms.

Rules
1. Longest phrase first: "no problem" is a yes, "not really" a no, "why not" a yes.
2. An answer by its verb counts too: "I do", "it isn't", "we haven't".
3. Both in one breath contradict each other and both come back, unless a correction stands between.
4. "I don't know" and "maybe" are neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.understanding.not_known import not_known_places
from engine.understanding.words import FILLERS, SaidWords, phrase, phrases, starts_at, word_set

SURE = 1.0
LIKELY = 0.8
_IN_A_SENTENCE = 0.95
_BY_VERB = 0.96
_LATE = 0.7

_YES = phrases(
    "yes, yeah, yep, yup, yah, ya, yea, yeh, yess, yessir, yes sir, yes maam, yeah yeah, yes yes, aye, "
    "si, correct, thats correct, that is correct, its correct, it is correct, right, thats right, "
    "that is right, you are right, youre right, exactly, precisely, indeed, true, thats true, "
    "that is true, affirmative, absolutely, definitely, certainly, of course, for sure, sure, "
    "sure thing, sure do, sure am, sure is, sure did, sure have, sure would, surely, you bet, "
    "you betcha, you got it, you got that right, thats it, that is it, thats the one, "
    "thats what i said, uh huh, uhuh huh, mm hmm, mhm, mmhmm, hmm mm, mm hm, uhhuh, ok, okay, "
    "okey dokey, alright, all right, fine, thats fine, sounds good, sounds right, good, perfect, "
    "great, very much so, yes please, please do, go ahead, by all means, no problem, why not, "
    "no doubt, without a doubt, hundred percent, one hundred percent, totally, roger, ten four, "
    "it sure is, i sure do, i believe so, im sure, i am sure, that would be great, thatd be great, "
    "i would love to, id love to, oh yes, oh yeah, yes indeed, heck yes, hell yes, hell yeah, "
    "heck yeah, always, not wrong, you know it, that works, works for me, agreed, i agree, i confirm, "
    "confirmed, confirm, true that, very true"
)
_LIKELY_YES = phrases(
    "i think so, i guess so, i guess, i suppose so, i suppose, probably, most likely, likely, please"
)
_NO = phrases(
    "no, nope, nah, naw, noo, nay, no no, no no no, no sir, no maam, no thanks, no thank you, no way, "
    "not at all, not really, not yet, not now, not today, not me, not anymore, not any more, "
    "not currently, not exactly, not correct, not right, not true, thats not right, thats not correct, "
    "that is not right, thats not it, that is not correct, thats not what i said, that isnt right, "
    "that isnt correct, thats not true, isnt right, isnt correct, incorrect, thats incorrect, "
    "that is incorrect, wrong, thats wrong, that is wrong, youre wrong, false, thats false, negative, "
    "never, absolutely not, definitely not, certainly not, of course not, surely not, sure dont, "
    "uh uh, uhuh, nuh uh, nu uh, mm mm, nothing, none, id rather not, i would rather not, rather not, "
    "i disagree, not quite, by no means, no dice, not a chance, no chance, oh no, heck no, hell no, "
    "dont think so, i dont think so, i do not think so, dont believe so, i dont believe so, "
    "i doubt it, doubt it, not that im aware of, not interested, im not, i am not, im good, "
    "not for me, dont, please dont, do not, afraid not, im afraid not, unfortunately not, sadly not, "
    "neither"
)
_LIKELY_NO = phrases(
    "i guess not, i suppose not, probably not, most likely not, not likely, unlikely, i think not, know"
)
_NEITHER = phrases(
    "maybe, perhaps, it depends, depends, could be, might be, possibly, kind of, sort of, sometimes, "
    "yes and no, never mind, not no, not yes, dont say yes, no more than, right now, right away, right here, "
    "right there, on the right, the right, all right then, no one, no longer, know about, i know, "
    "you know, not only, im good at, all good, a good, very good question, no idea, no clue"
)
_PRONOUNS = word_set("i we it that they he she you there this those these")
_VERBS = word_set("do does did am is are was were have has had will would can could should must might ive")
_DENIED = word_set(
    "dont doesnt didnt isnt arent wasnt werent havent hasnt hadnt wont wouldnt cant cannot couldnt shouldnt"
    " aint"
)
_TAGS = word_set("sure really just already certainly definitely still actually indeed")
_PRONOUN_AND_NOT = frozenset({"im", "its", "theyre", "were", "thats", "hes", "shes", "ive", "weve", "youre"})

_BESIDE = FILLERS | word_set(
    "oh wait mean i said say id sorry actually sir maam a and then its thats my answer is the"
)

Lexicon = frozenset[tuple[str, ...]]
Meaning = tuple[bool | None, float]


def meanings(
    yes: Lexicon, likely_yes: Lexicon, no: Lexicon, likely_no: Lexicon, neither: Lexicon
) -> Mapping[tuple[str, ...], Meaning]:
    """What each phrase says, and how surely."""
    sorts: tuple[tuple[Lexicon, bool | None, float], ...] = (
        (yes, True, SURE),
        (likely_yes, True, LIKELY),
        (no, False, SURE),
        (likely_no, False, LIKELY),
        (neither, None, 0.0),
    )
    return {words: (meaning, sure) for lexicon, meaning, sure in sorts for words in lexicon}


@dataclass(frozen=True, slots=True)
class Affirmation:
    """A yes or a no, how sure, and the words from `first` to `past` that say it."""

    is_yes: bool
    confidence: float
    first: int
    past: int


def means_yes_or_no(text: str) -> bool:
    """Whether this and nothing else is a yes or a no."""
    return phrase(text) in _YES | _NO


@dataclass(frozen=True, slots=True)
class AffirmingWords:
    """A language's words for yes and no, and for neither."""

    known: Mapping[tuple[str, ...], Meaning]
    beside: Collection[str]
    """Words that take nothing from a yes: "oh yes, sir"."""

    not_known_places: Callable[[Sequence[str]], frozenset[int]]
    by_verb: Callable[[SaidWords, int], tuple[bool, int] | None]
    """(is yes, past) of an answer by its verb that begins at a word."""


def affirmations(said: SaidWords) -> Iterator[Affirmation]:
    """Everything that says yes or no in English; in a sentence only what opens it is sure."""
    return affirmations_by(said, _ENGLISH)


def affirmations_by(said: SaidWords, words: AffirmingWords) -> Iterator[Affirmation]:
    """The same in the language of these words."""
    texts = said.texts
    found = _found(said, words)
    inside = {at for each in found for at in range(each.first, each.past)}
    is_all = all(at in inside or text in words.beside for at, text in enumerate(texts))
    contradicts = len({each.is_yes for each in found}) > 1
    for each in found:
        if is_all:
            yield each
            continue
        opens = all(text in words.beside for text in texts[: each.first])
        is_plain = opens and each.confidence != _BY_VERB and not contradicts
        yield replace(each, confidence=min(each.confidence, _IN_A_SENTENCE if is_plain else _LATE))


def _found(said: SaidWords, words: AffirmingWords) -> list[Affirmation]:
    texts = said.texts
    unknown = words.not_known_places(texts)
    longest = max(map(len, words.known))
    found: list[Affirmation] = []
    at = 0
    while at < len(texts):
        if at in unknown:
            at += 1
            continue
        length = starts_at(texts, at, words.known, longest)
        by_verb = words.by_verb(said, at)
        if by_verb is not None and by_verb[1] - at > length:
            is_yes, past = by_verb
            found.append(Affirmation(is_yes, _BY_VERB, at, past))
            length = past - at
        elif length:
            meaning, sure = words.known[texts[at : at + length]]
            if meaning is not None:
                found.append(Affirmation(meaning, sure, at, at + length))
        at += length or 1
    return found


def _by_verb(said: SaidWords, at: int) -> tuple[bool, int] | None:
    """(is yes, past) of "I do", "we haven't", "I'm not": a yes only where the sentence ends with it."""
    texts = (*said.texts, "", "", "")
    text = texts[at]
    if text in _PRONOUN_AND_NOT and texts[at + 1] == "not":
        return False, at + 2
    if text in _DENIED and at == 0:
        return False, at + 1
    if text not in _PRONOUNS:
        return None
    verb = at + 1
    while texts[verb] in _TAGS:
        verb += 1
    if texts[verb] in _DENIED:
        return False, verb + 1
    if texts[verb] not in _VERBS:
        return None
    if texts[verb + 1] == "not":
        return False, verb + 2
    past = verb + 1
    ends = past >= len(said.words) or said.words[past].after_pause or texts[past] in FILLERS
    return (True, past) if ends else None


_ENGLISH = AffirmingWords(
    meanings(_YES, _LIKELY_YES, _NO, _LIKELY_NO, _NEITHER), _BESIDE, not_known_places, _by_verb
)
