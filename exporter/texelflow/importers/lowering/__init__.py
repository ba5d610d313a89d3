"""How operators of other formats become ONNX's, once the types of their inputs are known."""
