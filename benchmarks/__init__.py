"""What is measured, each beside its baseline in the same run. One module a benchmark, each with `run`."""
