"""Functions of keras.ops, which models of Keras 3 call among their layers; a family a file.

What is a tensor in a call, and what a number, its arguments say; other settings are in the configuration.
"""
