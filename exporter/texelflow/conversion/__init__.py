"""From the Graph back to a file of another format: a model of any format that can be read, as ONNX."""
