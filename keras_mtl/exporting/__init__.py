"""Trained models as files that need neither `keras_mtl` nor Keras, one format a file."""
