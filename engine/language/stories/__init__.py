"""Stories: written calls, read from YAML."""
