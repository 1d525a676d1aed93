"""All that is private in Keras and keras-tuner, a function for each use."""
