"""What `check` finds wrong beyond a file's shape."""
