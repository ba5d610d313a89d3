"""Which layers of Keras are read, for docs/formats.md."""

from __future__ import annotations

from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import REFUSED, SEQUENCE_AGAIN, WEIGHT_NAMES

TITLE = "Keras (.h5, .keras, layers models of TF.js)"

_OTHERS = (
    "AdditiveAttention Attention ConvLSTM1D ConvLSTM2D ConvLSTM3D GroupQueryAttention MaskedSoftmax"
    " MelSpectrogram MultiHeadAttention RMSNormalization RNN StackedRNNCells STFTSpectrogram UnitNormalization"
)
"""Layers of keras.layers that compute something in inference, and are not known here."""


def supported() -> list[str]:
    """Return the layers that are read."""
    load()
    return sorted(WEIGHT_NAMES.keys() - REFUSED - {SEQUENCE_AGAIN})


def missing() -> list[str]:
    """Return the layers that are refused."""
    load()
    return sorted(REFUSED | (set(_OTHERS.split()) - WEIGHT_NAMES.keys()))
