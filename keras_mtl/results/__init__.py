"""What repeated runs of several strategies say: tables, intervals, a verdict."""
