"""How much the losses of helper tasks count."""
