"""Measurements: what is compared is run in turns in one go, and printed as medians with their spread."""
