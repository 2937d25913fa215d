"""Judging two pictures, explaining a mismatch, and the generation parameters inside a picture."""
