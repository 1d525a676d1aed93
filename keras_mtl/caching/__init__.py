"""What is static runs once."""
