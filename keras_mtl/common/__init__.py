"""What every room may use: arguments, near misses, files, tables."""
