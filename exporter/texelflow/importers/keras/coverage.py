"""Which layers of Keras, and functions of keras.ops (`ops.Add`), can be read, and which cannot."""

from __future__ import annotations

from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import DOMAIN, OPERATION, SEQUENCE_AGAIN
from texelflow.importers.lowering import typed_lowering

TITLE = "Keras (.h5, .keras, layers models of TF.js); functions of keras.ops"

_KNOWN = """
AdditiveAttention Attention AugMix AutoContrast CategoryEncoding ConvLSTM1D ConvLSTM2D ConvLSTM3D CutMix
Discretization Equalization FlaxLayer GroupQueryAttention HashedCrossing Hashing IntegerLookup JaxLayer Lambda
LocallyConnected1D LocallyConnected2D Masking MaxNumBoundingBoxes MelSpectrogram MultiHeadAttention
RMSNormalization RNN ReversibleEmbedding STFTSpectrogram Solarization SpectralNormalization
StringLookup TFSMLayer TextVectorization TorchModuleWrapper MixUp
"""
_KNOWN_FUNCTIONS = """
Angle Arange Arctan2 Argsort AveragePool BatchNorm Bincount BitwiseAnd BroadcastTo Conv ConvTranspose
CountNonzero Cross Cumprod DepthwiseConv Diag Diagonal Digitize DotProductAttention Erfinv
ExtractSequences FFT Fold Full Glu HardShrink Histogram InTopK IRFFT Isclose IsIn LayerNorm Linspace
Logaddexp MaxPool Median Meshgrid MultiHot NanToNum Nonzero Outer Polar Quantile RFFT RMSNorm Resize Roll
STFT Scatter ScatterUpdate SearchSorted SegmentSum SeparableConv Slice SliceUpdate SoftShrink Sort
Tensordot Threshold TopK Trace Tril Triu Unique Unfold VectorizedMap WhileLoop
"""


def supported() -> list[str]:
    """Return what is read, by name."""
    load()
    return sorted(typed_lowering.supported(DOMAIN) - {SEQUENCE_AGAIN})


def missing() -> list[str]:
    """Return those known that are not read, by name."""
    functions = (f"{OPERATION}{name}" for name in _KNOWN_FUNCTIONS.split())
    return sorted({*_KNOWN.split(), *functions} - {*supported(), *refused()})


def refused() -> dict[str, str]:
    """Return why layers and functions are refused."""
    read = supported()
    return {name: why for name, why in typed_lowering.refusals(DOMAIN).items() if name not in read}
