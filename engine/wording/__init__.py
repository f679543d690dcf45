"""Sentences for people, rendered from codes when they are shown. No record and no proof holds one.

`en.toml` is the catalogue; another language is another file beside it, and what it lacks is said in English.
"""
