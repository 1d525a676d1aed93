"""Steps on several devices: the rows, gradients and statistics of replicas."""
