"""Kinds of tasks, one a file: what the outputs of a head and its labels mean."""
