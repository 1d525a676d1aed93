"""Fitted pipelines of scikit-learn as layers, so that they are exported as one graph."""
