"""What Qingliu computes without QGIS: numpy and plain Python, no qgis, PyQt or osgeo.

Features arrive as records (see ``layers.records``), rasters as :class:`core.grid.Grid`.
"""
