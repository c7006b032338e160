"""The indicators of table 7-1 that are computed from map layers, each with everything it rests on."""
