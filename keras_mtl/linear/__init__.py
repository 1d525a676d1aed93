"""Linear models on features, solved to the optimum (NumPy and SciPy only)."""
