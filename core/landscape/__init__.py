"""Landscape pattern: patches of a classified raster and FRAGSTATS' metrics on them.

A companion to the norm's indicators (7.0.1): no row of table 7-1 asks for a pattern
metric, and none of them touches a verdict.
"""
