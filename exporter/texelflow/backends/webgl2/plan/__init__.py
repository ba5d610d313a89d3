"""The plan: tensors, programs and draws, their lifetimes and precision."""
