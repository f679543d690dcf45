"""The legs of a live call: its caller, who is dialled, what they hear and say."""
