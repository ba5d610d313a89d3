"""Folders with config.json and safetensors, as Hugging Face has them."""
