"""Operators of the domain com.microsoft, which ONNX Runtime's optimiser and Hugging Face's exports write."""
