"""The node types: one a file, listed in `engine.nodes.types`."""
