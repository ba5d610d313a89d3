"""Converts a model of any readable format to ONNX: from the Graph back to a file."""
