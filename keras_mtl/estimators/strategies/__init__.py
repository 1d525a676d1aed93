"""Ways to train for a new task, one a file."""
