"""Trained models as scikit-learn estimators."""
