"""Exported models as they are loaded and run; nothing here needs Keras."""
