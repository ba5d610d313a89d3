"""Operators of the domain ai.onnx.ml: models as scikit-learn has them, made of ONNX's own operators.

They compute what ONNX Runtime computes, also where ONNX says less: which class wins,
how one score becomes two.
"""
