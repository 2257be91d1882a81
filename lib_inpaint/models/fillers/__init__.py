"""Erasers without weights."""
