"""Segment Anything and its kin."""
