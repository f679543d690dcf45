"""Proof of a call that a stranger can check: gathered, signed, shown in part, verified without the store."""
