"""ONNX: model files, with weights inside or beside them."""
