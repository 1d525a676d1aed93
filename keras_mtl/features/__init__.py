"""The static trunk as a source of features."""
