"""Learning rates by part and by layer, for any optimizer of Keras."""
