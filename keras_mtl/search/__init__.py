"""Where to cut: a score for every depth from one pass, and the search with keras-tuner."""
