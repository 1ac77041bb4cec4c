"""Believable data for the example site, the same for the same seed."""
