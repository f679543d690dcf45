"""The default voices that are not the first one's, and what their programs have in common."""
