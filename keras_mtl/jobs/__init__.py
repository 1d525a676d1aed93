"""Jobs that `joblib` does in other processes: what is sent, what is shared, what a death costs."""
