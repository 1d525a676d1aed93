"""What one model gets right and wrong."""
