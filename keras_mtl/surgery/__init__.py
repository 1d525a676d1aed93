"""Copies of models: cloned, split, proved, made static."""
