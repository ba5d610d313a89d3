"""Networks of the gallery whose packages have weights alone: a file each, whose `make` writes a model."""
