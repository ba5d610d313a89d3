"""The way of a model through the exporter: import, passes, lowering, and the content of the bundle.

`build` goes that way, and `write` writes what it made to a folder.
"""

from texelflow.options import ImageOptions, Options
from texelflow.pipeline.build_bundle import build
from texelflow.pipeline.bundle import Bundle, Progress
from texelflow.pipeline.summary import DeviceNeeds, Signature, Summary
from texelflow.pipeline.write_bundle import write

__all__ = [
    "Bundle",
    "DeviceNeeds",
    "ImageOptions",
    "Options",
    "Progress",
    "Signature",
    "Summary",
    "build",
    "write",
]
