"""Readers of the file formats weather comes in; each has ``open_file(path, product)``."""
