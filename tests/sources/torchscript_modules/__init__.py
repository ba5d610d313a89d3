"""Small modules as they are written for TorchScript; needs torch."""
