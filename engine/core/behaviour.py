"""How the machine acts on events, by number, so that a journal replays as its call ran.

A call's first event records the number in force (`CallArrived.behaviour`). Whatever makes the machine give
other commands for the same events gets the next number and a line here, and stands behind
`call.behaviour >= N`; below it the machine acts as it did. tests/corpus fails where that was forgotten.

| number | since | what the machine does from here on |
|---|---|---|
| 1 | 0.1.0 | as the engine of 5c051a1 does; also meant by journals that name no number |
| 2 | 0.2.0 | records what a call reads of the ZIP data (`RECORDS_ZIP_READS`) |
| 2 | 0.2.0 | tells what a place is reserved under (`RESERVES_UNDER_TERMS`) |
| 3 | 0.3.0 | lets sensitivity follow a value, and says it only where revealed (`FOLLOWS_SENSITIVE`) |
| 3 | 0.3.0 | salts the digests of what others gave (`FOLLOWS_SENSITIVE`) |
| 3 | 0.3.0 | takes parameters in the order of the network's file (`TAKES_PARAMETERS_IN_ORDER`) |
| 4 | 0.3.0 | claims what it bills where the phone call may be in several records (`ONE_BILL_A_PHONE_CALL`) |
| 4 | 0.3.0 | asks a buyer again whose leg failed for ours (`FORGIVES_OUR_FAILURES`) |
| 5 | 0.3.0 | finds parts of what a service was told in its answers (`FINDS_PARTS_OF_SECRETS`) |
| 5 | 0.3.0 | takes keys by entries: what is left over answers nothing (`NOTHING_UNHEARD`) |
| 6 | 0.3.0 | obeys commands inside sentences, and those that every flow has (`OBEYS_IN_SENTENCES`) |
| 7 | 0.3.0 | speaks and hears in the language of the flow, and says it of prompts (`SPEAKS_LANGUAGES`) |
| 8 | 0.3.0 | weighs what else speaks for a ZIP that was heard (`WEIGHS_OTHER_EVIDENCE`) |
| | | and asks about one word of an option in a sentence that says more (`WEIGHS_WORDS`) |
| 9 | 0.3.0 | tells whom it rang that the caller has gone meanwhile (`SAYS_CALLER_LEFT`) |
"""

BEHAVIOUR = 9

RECORDS_ZIP_READS = 2
RESERVES_UNDER_TERMS = 2
FOLLOWS_SENSITIVE = 3
TAKES_PARAMETERS_IN_ORDER = 3
ONE_BILL_A_PHONE_CALL = 4
FORGIVES_OUR_FAILURES = 4
FINDS_PARTS_OF_SECRETS = 5
NOTHING_UNHEARD = 5
OBEYS_IN_SENTENCES = 6
SPEAKS_LANGUAGES = 7
WEIGHS_OTHER_EVIDENCE = 8
WEIGHS_WORDS = 8
SAYS_CALLER_LEFT = 9
