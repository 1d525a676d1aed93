"""The comparison of strategies by number of labels."""
