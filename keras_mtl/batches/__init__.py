"""Data of every kind, read into batches."""
