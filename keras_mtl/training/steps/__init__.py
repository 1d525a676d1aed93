"""Steps of training, the only files that know the backends."""
