"""The models that users hold: a trunk with one head, or with several."""
