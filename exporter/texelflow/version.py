"""The version of Texelflow; `scripts/versions.py` checks that the npm packages state the same."""

__version__ = "0.1.0"
