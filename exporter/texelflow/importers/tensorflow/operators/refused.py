"""Operators that cannot be supported, and what to do instead."""

from __future__ import annotations

from texelflow.importers.tensorflow.lowering import refuses

refuses(
    "HashTable",
    "HashTableV2",
    "MutableHashTableV2",
    "LookupTableFind",
    "LookupTableFindV2",
    "LookupTableSizeV2",
    "LookupTableExportV2",
    "StaticHashTable",
    reason="tables that look up texts or keys are not supported: do that in the page, and export the model"
    " from the numbers on (another --signature, or a graph that begins behind the table)",
)
refuses(
    "ParseExample",
    "ParseExampleV2",
    "ParseSingleExample",
    "DecodeRaw",
    "DecodePng",
    "DecodeJpeg",
    "DecodeImage",
    "DecodeBmp",
    "DecodeGif",
    "DecodeAndCropJpeg",
    "DecodeBase64",
    "StringSplit",
    "StringSplitV2",
    "StringJoin",
    "StringToNumber",
    "StringLower",
    "StringLength",
    "StringToHashBucketFast",
    "StringToHashBucket",
    "StringFormat",
    "RegexReplace",
    "StaticRegexReplace",
    "StaticRegexFullMatch",
    "UnicodeDecodeWithOffsets",
    "AsString",
    "Substr",
    reason="texts and files cannot be read by a GPU: choose another --signature, which takes numbers, or"
    " export the model without this step",
)
refuses(
    "Const",
    reason="texts or complex numbers are computed with, which is not supported: choose another --signature,"
    " or export the model without this step",
)
refuses(
    "PyFunc",
    "PyFuncStateless",
    "EagerPyFunc",
    reason="it calls Python, which a page does not have: express it by TensorFlow's operators",
)
