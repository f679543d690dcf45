"""What a change of a network means: whom it sends callers to, what it bills, told in sentences."""
