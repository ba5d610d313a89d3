"""What runs a bundle on this machine: comparison with a reference, timing, serving."""
