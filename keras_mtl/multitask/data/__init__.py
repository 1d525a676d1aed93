"""The data of tasks: one file for each kind of source."""
