"""The strategies that are compared, one a file."""
