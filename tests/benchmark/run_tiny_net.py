"""Runs the benchmark as `make bench` does, on a net of three operators: `run_tiny_net.py FOLDER OPTIONS…`."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "benchmark"))

import assets
from nets import NETS
from nets.builder import NetBuilder

assets.FOLDER = Path(sys.argv.pop(1))  # before run.py takes it from there

import run


def build_tiny_net() -> NetBuilder:
    """A convolution, a Relu and a convolution, from [1, 3, 16, 16] to [1, 4, 16, 16]."""
    net = NetBuilder("tiny", seed=1)
    hidden = net.relu(net.conv(net.input("image", (1, 3, 16, 16)), 8, 3))
    net.output(net.conv(hidden, 4, 1), "result")
    return net


NETS["tiny"] = build_tiny_net
run.main()
