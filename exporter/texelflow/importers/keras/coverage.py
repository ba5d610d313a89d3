"""Which layers of Keras can be read, and which of `keras.layers` cannot."""

from __future__ import annotations

from texelflow.importers import typed_lowering
from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import DOMAIN, SEQUENCE_AGAIN

TITLE = "Keras (.h5, .keras, layers models of TF.js)"

_KNOWN = """
AdditiveAttention Attention AugMix AutoContrast CategoryEncoding ConvLSTM1D ConvLSTM2D ConvLSTM3D CutMix
Discretization Equalization FlaxLayer GroupQueryAttention HashedCrossing Hashing IntegerLookup JaxLayer Lambda
LocallyConnected1D LocallyConnected2D Masking MaxNumBoundingBoxes MelSpectrogram MultiHeadAttention
RMSNormalization RNN ReversibleEmbedding STFTSpectrogram Solarization SpectralNormalization StackedRNNCells
StringLookup TFSMLayer TextVectorization TorchModuleWrapper
"""


def supported() -> list[str]:
    """Return the layers that are read, by name."""
    load()
    return sorted(typed_lowering.supported(DOMAIN) - {SEQUENCE_AGAIN})


def missing() -> list[str]:
    """Return those known that are not read, by name."""
    return sorted({*_KNOWN.split()} - {*supported()})
