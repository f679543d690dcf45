"""`python -m engine.cli` is `cordboard`."""

from engine.cli import main

if __name__ == "__main__":
    main(prog_name="cordboard")
