"""What an export can be asked for, and how the command line writes it."""

from texelflow.options.options import AUTO, WEIGHTS, ImageOptions, Options, role_text

__all__ = ["AUTO", "WEIGHTS", "ImageOptions", "Options", "role_text"]
