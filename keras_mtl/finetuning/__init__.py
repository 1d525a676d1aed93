"""Freezing and unfreezing the layers of a trunk."""
