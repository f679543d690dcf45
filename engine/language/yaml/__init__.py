"""YAML text → values that remember where they were written."""
