"""Erasers made of networks."""
