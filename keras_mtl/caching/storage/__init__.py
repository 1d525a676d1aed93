"""Where features are kept: in memory or in files."""
