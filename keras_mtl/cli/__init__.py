"""The command line `keras-mtl`: parses, calls, prints; imports nothing heavy at its start."""
