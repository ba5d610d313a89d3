"""TorchScript, scripted and traced, compared with PyTorch; needs torch."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import texelflow
from texelflow import ExportError

torch: Any = pytest.importorskip("torch", reason="torch is not installed")
