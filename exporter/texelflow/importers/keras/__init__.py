"""Layers of Keras (2 and 3), and of TF.js, which has the same: what .h5, .keras and layers models share.

`model.py` makes nodes of the domain `keras` of a configuration, a node for each call of a layer, whose
weights come from whoever read the file. `lowering.py` replaces them while types are inferred; `layers/` has a
family of layers a file.
"""
