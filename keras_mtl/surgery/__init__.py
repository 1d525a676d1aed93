"""Copies of models: cloning, splitting, verifying, making layers static."""
