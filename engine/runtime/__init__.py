"""The running engine: what joins machines to carriers, prompts, the store and the clock."""
