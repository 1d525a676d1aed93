"""Pictures to save; matplotlib is imported here only."""
