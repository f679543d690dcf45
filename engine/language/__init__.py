"""From YAML text to a checked network: reading, expressions, prompts, mistakes."""
