"""Majlis: no act without a warrant."""

__version__ = "0.1.0"
