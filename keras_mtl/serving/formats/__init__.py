"""Formats of exported models, one a file: how each is written, and how it is run."""
