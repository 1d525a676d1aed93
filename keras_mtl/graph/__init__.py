"""The layer graph of a model, and where it can be cut."""
