"""A caller who says something else once the buyer is chosen: the roofing flow with one more question."""

from __future__ import annotations

from engine.language.stories.story import PressKeys

ASKS_AGAIN = {
    """    type: choose_buyer
    next: connect
""": """    type: choose_buyer
    next: sure

  sure:
    type: collect
    answer: need
    ask: always
    prompt: Once more. For a repair, press 1. For a new roof, press 2.
    next: connect
""",
    "    exits: {none: sorry}\n": "",
    "  find:\n    type: choose_buyer\n": "  find:\n    type: choose_buyer\n    exits: {none: sorry}\n",
}
REPLACE, REPAIR = PressKeys("2"), PressKeys("1")
ANSWERS = (PressKeys("78701"), REPLACE, PressKeys("1"))
