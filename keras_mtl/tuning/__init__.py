"""The search for a cut with keras-tuner."""
