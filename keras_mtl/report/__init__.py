"""Measured scores as tables and pictures."""
