"""Cases of operators, a family a file; `write_operators.py` writes them."""
