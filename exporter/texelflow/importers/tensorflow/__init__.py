"""TensorFlow graphs: what frozen graphs, SavedModels and TF.js graph models share.

A GraphDef is read to definitions (`definitions.py`), of which `walk.py` makes nodes of the domain
`tensorflow`, as far as the outputs need them: functions are inlined, loops and branches become Loop and If.
Each such node is replaced by ONNX operators while types are inferred (`lowering.py`), since what a
TensorFlow operator means depends on ranks and extents, which a GraphDef does not say; `operators/` has a
family of operators a file.
"""
