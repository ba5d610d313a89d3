"""Kernels: what one draw computes, from a template, its inputs and numbers."""
