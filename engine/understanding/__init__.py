"""What the caller's keys or words mean: one kind of answer a file. Pure."""
