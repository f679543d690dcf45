"""Revisions of earlier days: read as they were, with the reference data of their own day."""
