"""Operators of ONNX's default domain, ai.onnx."""
