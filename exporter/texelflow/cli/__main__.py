"""`python -m texelflow.cli` runs the command `texelflow`."""

from texelflow.cli import main

main()
