"""Probes, one a file: ways to score the features of a depth."""
