"""What callers and recognisers call letters. English; lists of words only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ALPHABET: Mapping[str, str] = MappingProxyType(
    {
        "alpha": "A",
        "alfa": "A",
        "bravo": "B",
        "charlie": "C",
        "delta": "D",
        "echo": "E",
        "foxtrot": "F",
        "golf": "G",
        "hotel": "H",
        "india": "I",
        "juliet": "J",
        "juliett": "J",
        "kilo": "K",
        "lima": "L",
        "mike": "M",
        "november": "N",
        "oscar": "O",
        "papa": "P",
        "quebec": "Q",
        "romeo": "R",
        "sierra": "S",
        "tango": "T",
        "uniform": "U",
        "victor": "V",
        "whiskey": "W",
        "whisky": "W",
        "xray": "X",
        "yankee": "Y",
        "zulu": "Z",
    }
)
"""The words of the radio alphabet."""

SPELLED_OUT: Mapping[str, str] = MappingProxyType(
    {
        "ay": "A",
        "bee": "B",
        "cee": "C",
        "dee": "D",
        "ef": "F",
        "eff": "F",
        "gee": "G",
        "jee": "G",
        "aitch": "H",
        "haitch": "H",
        "jay": "J",
        "kay": "K",
        "el": "L",
        "ell": "L",
        "em": "M",
        "en": "N",
        "pee": "P",
        "cue": "Q",
        "ess": "S",
        "tee": "T",
        "vee": "V",
        "ex": "X",
        "zee": "Z",
        "zed": "Z",
    }
)
"""The letters' own names, which mean nothing else."""

SOUNDS_LIKE: Mapping[str, str] = MappingProxyType(
    {
        "be": "B",
        "see": "C",
        "sea": "C",
        "eye": "I",
        "owe": "O",
        "pea": "P",
        "queue": "Q",
        "are": "R",
        "tea": "T",
        "you": "U",
        "why": "Y",
    }
)
"""Words that may be a letter's name, and mostly are not."""

EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "A": ("apple", "adam", "alice", "able"),
        "B": ("boy", "bob", "baker", "ball", "bear"),
        "C": ("cat", "charles", "car", "cup"),
        "D": ("dog", "david", "dad", "door"),
        "E": ("edward", "elephant", "egg", "easy", "eric"),
        "F": ("frank", "fox", "fred", "father"),
        "G": ("george", "girl", "good", "green"),
        "H": ("henry", "house", "harry", "hat"),
        "I": ("ida", "ice", "igloo", "ink", "item"),
        "J": ("john", "jack", "james", "jim", "jump"),
        "K": ("king", "kate", "kite", "kid"),
        "L": ("lincoln", "larry", "love", "lion", "lucy"),
        "M": ("mary", "mother", "man", "michael", "mom"),
        "N": ("nancy", "nora", "nick", "nine", "no"),
        "O": ("ocean", "orange", "october", "open"),
        "P": ("paul", "peter", "pat", "park"),
        "Q": ("queen", "quick", "quiet"),
        "R": ("robert", "roger", "red", "rabbit"),
        "S": ("sam", "sugar", "susan", "sun", "snake"),
        "T": ("tom", "thomas", "tiger", "table", "ted"),
        "U": ("union", "umbrella", "uncle", "under"),
        "V": ("victory", "van", "violet", "vanessa"),
        "W": ("william", "water", "walter", "winter"),
        "X": ("xylophone",),
        "Y": ("young", "yellow", "york", "yes"),
        "Z": ("zebra", "zoo", "zero"),
    }
)
"""Words by which callers tell a letter: "B as in boy". The recogniser listens for these; any other that
begins with its letter is understood."""

AS_IN: tuple[tuple[str, ...], ...] = (
    *(("as", "in"), ("is", "for"), ("is", "in"), ("as", "and"), ("as", "an")),
    *(("for",), ("like",), ("and",)),
)
"""What joins the two, as it is said and as it is heard."""

SPELLED_LEADS = (
    *("it is", "that is", "that's", "this is", "that would be"),
    *("it's spelled", "that's spelled", "spelled", "i spell it", "letters", "the letters are"),
    *("my name is", "the name is", "my last name is", "last name", "first name", "last name is"),
    *("my plate is", "the plate is", "license plate", "my license plate is", "the license plate is"),
    *(
        "plate number",
        "the plate number is",
        "license plate number",
        "number",
        "the number is",
        "the code is",
    ),
)
"""What is said before it is spelled; nothing so short that a name may begin so."""
