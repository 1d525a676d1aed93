"""Heads: the last layers of a task, and its labels."""
