"""Networks of the gallery whose packages have weights alone, or take something else than a picture: a file
each, whose `make` writes a model that can be exported.
"""
