"""The command `texelflow`. Importing the package imports no library of the command line."""


def main() -> None:
    """Run the command; see `commands/`."""
    from texelflow.cli.commands import main

    main()
