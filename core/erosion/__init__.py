"""Soil erosion: SL 190's classes, the CSLE factors, table A.3 and indicator C.1.

Everything computed here is an estimate and says so; official monitoring results go first
(7.0.2 asks for monitoring statistics).
"""
