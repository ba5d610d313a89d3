"""The bundle: its schema, generated types, reading and writing."""
