"""The forms of labels that scikit-learn estimators take, one a file."""
