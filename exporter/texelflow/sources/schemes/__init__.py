"""The kinds of addresses: a file each, which says in `SCHEME` how they are written and fetched."""
