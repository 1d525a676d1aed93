"""Cutting, copying and joining models: the graph of layers, trunks and heads."""
