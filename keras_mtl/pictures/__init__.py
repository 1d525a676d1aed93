"""Pictures to save; the only room that knows matplotlib."""
