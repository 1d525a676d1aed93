"""Static networks that another library runs faster than the backend of Keras."""
