"""A score for every depth of a model from one pass over the data."""
