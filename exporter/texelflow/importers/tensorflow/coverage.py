"""Which operators of TensorFlow can be read; of those that TF.js or usual models have, which cannot."""

from __future__ import annotations

from texelflow.importers.lowering import typed_lowering
from texelflow.importers.tensorflow.bodies import CASES, CHOICES, LOOPS
from texelflow.importers.tensorflow.effects import VARIABLES
from texelflow.importers.tensorflow.lowering import DOMAIN
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.references import EXITS, FORWARDING, MERGES
from texelflow.importers.tensorflow.walk import CALLS

TITLE = "TensorFlow: SavedModels, frozen graphs, TF.js graph models"

_OWN = frozenset({"ToBool", "IsNumber"})
"""Made by the importer itself."""

_REFUSED_ALWAYS = frozenset(
    {"TensorListPopBack", "DepthwiseConv2dNativeBackpropInput", "Bitcast", "TruncatedNormal"}
)
"""Registered for what they say, beside others that are read."""

_KNOWN = """
AdjustContrastv2 AdjustHue AdjustSaturation AngleV2 Angle Betainc Bincount Bitcast BlockLSTM BlockLSTMV2
BoostedTreesPredict CollectiveReduce CombinedNonMaxSuppression Conv1D Cross CudnnRNNV3 DenseBincount
DepthwiseConv2dNativeBackpropInput Dequantize Digamma Dilation2D DrawBoundingBoxes Erfinv ExtractImagePatches
FakeQuantWithMinMaxVarsPerChannel GRUBlockCell HSVToRGB HashTableV2 ImageProjectiveTransformV3 InTopKV2
IRFFT2D LSTMBlockCell LeftShift Lgamma ListDiff LookupTableFindV2 LowerBound MatrixDeterminant MatrixDiagV3
MatrixDiagPartV3 MatrixInverse MatrixSetDiagV3 MaxPoolWithArgmax Multinomial Ndtri
NonMaxSuppressionWithOverlaps ParseExampleV2 Qr QuantizeV2 RGBToHSV RandomUniformInt ResizeArea RightShift
ScaleAndTranslate SegmentMax SegmentMean SegmentSum SparseFillEmptyRows SparseReshape SparseSegmentMean
SparseSegmentSum StringNGrams TensorListPopBack TensorListSplit TensorListUnstack TopKV2 TruncatedNormal
UniqueWithCounts UnsortedSegmentMax UpperBound XlaDot XlaDynamicSlice
"""


def supported() -> list[str]:
    """Return the operators that are read, by name."""
    load()
    walked = {*FORWARDING, *EXITS, *MERGES, *CALLS, *LOOPS, *CHOICES, *CASES, *VARIABLES}
    walked |= {"Const", "Placeholder", "PlaceholderV2", "IdentityN", "NoOp"}
    lowered = typed_lowering.supported(DOMAIN) - _OWN - _REFUSED_ALWAYS
    return sorted(walked | lowered)


def missing() -> list[str]:
    """Return those known that are not read, by name."""
    return sorted({*_KNOWN.split()} - {*supported(), *refused()})


def refused() -> dict[str, str]:
    """Return why operators are refused."""
    read = supported()
    return {name: why for name, why in typed_lowering.refusals(DOMAIN).items() if name not in read}
