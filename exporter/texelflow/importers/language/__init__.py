"""Language models without a graph: weights with a description, of which the graph is built.

`decoder.py` has what all of them compute, and a file for each family what a description of it means.
"""
