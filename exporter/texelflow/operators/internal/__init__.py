"""Operators of the domain texelflow, which only passes make."""
