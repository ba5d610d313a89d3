"""The files that Hugging Face keeps beside a model, and what they say of it."""
