"""Storage of features, in memory or in files."""
