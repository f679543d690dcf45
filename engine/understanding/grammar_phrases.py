"""What callers say around an answer, and instead of a plain yes or no. English.

Lists of words only: how they combine is the grammar's business.
"""

from __future__ import annotations

FILLERS = ("uh", "um", "uhm", "er", "ah", "well", "okay", "so", "hi", "hello", "alright")

LEADS = (
    *(
        "it's",
        "it is",
        "that's",
        "that is",
        "this is",
        "that would be",
        "it would be",
        "that'd be",
        "it'd be",
    ),
    *(
        "i think",
        "i think it's",
        "i guess",
        "i guess it's",
        "i believe it's",
        "maybe",
        "probably",
        "let me see",
    ),
)

TAILS = ("please", "thanks", "thank you", "i think", "i guess", "i believe", "sir", "ma'am", "right", "okay")

CORRECTIONS = (
    *("no", "no no", "no wait", "wait no", "wait", "sorry", "no sorry", "sorry no", "i mean", "no i mean"),
    *("actually", "or rather", "correction", "make that", "scratch that"),
)

ZIP_LEADS = (
    *("zip", "zip code", "the zip", "the zip is", "the zip code is", "zip is", "zip code is", "my zip is"),
    *("my zip", "my zip code", "my zip code is", "my zip code's", "i'm in", "i live in", "in", "i'm at"),
    *("my area code is", "postal code", "we're in", "the code is", "mine is", "it's in"),
)

DIGITS_LEADS = (
    "number",
    "the number is",
    "my number is",
    "account number",
    "my account number is",
    "it ends in",
)

NUMBER_LEADS = (
    "about",
    "around",
    "roughly",
    "approximately",
    "almost",
    "i have",
    "there are",
    "we have",
    "like",
)

CHOICE_LEADS = (
    *("a", "an", "the", "my", "for", "for a", "for an", "for the", "for my", "with", "to", "of"),
    *(
        "i need",
        "i need a",
        "i need an",
        "i need the",
        "i need my",
        "i need to",
        "i need to get",
        "i need some",
    ),
    *("we need", "we need a", "we need to", "i want", "i want a", "i want to", "i would like", "i'd like"),
    *("i'd like a", "i'd like to", "i would like a", "i would like to", "i'm looking for", "looking for"),
    *("i'm looking for a", "looking for a", "i have", "i have a", "i've got", "i got", "i got a", "we have"),
    *("i'm with", "we're with", "i am with", "i use", "it's for", "it's for a", "it's a", "it's about"),
    *(
        "i'm calling about",
        "i'm calling about a",
        "i'm calling for",
        "calling about",
        "calling for a",
        "just",
    ),
    *(
        "just a",
        "give me",
        "my insurance is",
        "my insurance company is",
        "my insurance is with",
        "insurance is",
    ),
    *(
        "my provider is",
        "my carrier is",
        "currently",
        "currently with",
        "i'm currently with",
        "i currently have",
    ),
    *("i'm", "i am", "we're", "i'm just", "do", "help with", "help with a", "i need help with", "i'll take"),
    *("i'll take the", "i choose", "i pick", "option", "number", "press", "choice", "key", "we've got"),
)

KEY_FORMS = ("{}", "number {}", "option {}", "press {}", "{} please", "key {}", "choice {}")

CHOICE_TAILS = ("insurance", "please sir", "one", "the one", "for me")

YES = (
    *(
        "yes",
        "yeah",
        "yep",
        "yup",
        "ya",
        "yah",
        "ye",
        "yea",
        "yes yes",
        "yeah yeah",
        "uh huh",
        "mm hmm",
        "mhm",
    ),
    *(
        "yes please",
        "yes sir",
        "yes ma'am",
        "yes it is",
        "yes i am",
        "yes i do",
        "yes i did",
        "yes that's right",
    ),
    *(
        "yes that's correct",
        "yes correct",
        "yes of course",
        "yes we do",
        "yes i have",
        "yes there is",
        "yes i will",
    ),
    *("yeah it is", "yeah i am", "yeah i do", "yeah i did", "yeah that's right", "yeah sure", "yeah please"),
    *(
        "correct",
        "that's correct",
        "that is correct",
        "right",
        "that's right",
        "that is right",
        "you're right",
    ),
    *(
        "sure",
        "sure do",
        "sure thing",
        "sure is",
        "of course",
        "absolutely",
        "definitely",
        "certainly",
        "exactly",
    ),
    *(
        "okay",
        "ok",
        "it is",
        "i do",
        "i am",
        "i did",
        "i have",
        "we do",
        "we are",
        "affirmative",
        "true",
        "indeed",
    ),
    *("you bet", "you got it", "that's it", "that's the one", "sounds good", "i sure do", "i sure am", "aye"),
    *(
        "by all means",
        "go ahead",
        "that's me",
        "totally",
        "very much",
        "i think so",
        "i believe so",
        "yes ok",
    ),
)

NO = (
    *(
        "no",
        "nope",
        "nah",
        "naw",
        "no no",
        "no no no",
        "uh uh",
        "nuh uh",
        "no thanks",
        "no thank you",
        "no sir",
    ),
    *("no ma'am", "no it's not", "no it isn't", "no i'm not", "no i don't", "no i didn't", "no i do not"),
    *("no i haven't", "no that's wrong", "no that's not right", "no that's not it", "no that's incorrect"),
    *("not really", "not at all", "not yet", "not right now", "not now", "not today", "no way", "never"),
    *(
        "i don't",
        "i do not",
        "i'm not",
        "i am not",
        "i didn't",
        "i did not",
        "i haven't",
        "we don't",
        "we do not",
    ),
    *("it's not", "it is not", "it isn't", "that's not right", "that's not correct", "that is not right"),
    *(
        "that is not correct",
        "that's wrong",
        "that is wrong",
        "wrong",
        "incorrect",
        "that's incorrect",
        "negative",
    ),
    *(
        "false",
        "absolutely not",
        "definitely not",
        "certainly not",
        "of course not",
        "no we don't",
        "i don't think so",
    ),
    *(
        "i think not",
        "not me",
        "no not really",
        "nope not really",
        "no there isn't",
        "there isn't",
        "no never",
    ),
)

BY_VERB = frozenset(("it is", "i do", "i am", "i did", "i have", "we do", "we are"))
"""A yes to another question than "is that right?"; there they are rather the beginning of a value."""

DENIALS = (
    *("no", "nope", "nah", "no no", "no wait", "no sorry", "no actually", "no i said", "no i meant"),
    *("wrong", "no that's wrong", "that's wrong", "no that's not right", "that's not right", "that's not it"),
    *(
        "i said",
        "no it should be",
        "it should be",
        "no make that",
        "make that",
        "yes",
        "yeah",
        "actually",
        "wait",
    ),
)
"""Before another value than the one that was read back; "yes" before the same again."""

UNKNOWN = (
    *("i don't know", "i do not know", "i don't really know", "no idea", "i have no idea", "not sure"),
    *(
        "i'm not sure",
        "i am not sure",
        "i don't remember",
        "i can't remember",
        "i forgot",
        "i couldn't tell you",
    ),
    *("don't know", "dunno", "i don't know it", "i don't know that"),
)

MONEY_TAILS = ("dollars", "bucks", "dollars a month", "a month", "dollars a year", "a year")

DATE_LEADS = ("on", "on the", "the", "it was", "it was on", "since", "from", "by")

DAYS = ("today", "yesterday", "tomorrow", "the day before yesterday", "the day after tomorrow")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
