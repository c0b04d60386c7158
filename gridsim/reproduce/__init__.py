"""Figures of a paper made again, and held against those that were recorded."""
