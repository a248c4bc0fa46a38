"""Whole screens: the live one, and those that open above it."""
