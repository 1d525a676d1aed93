"""One trunk, several heads that train in turn or at once."""
