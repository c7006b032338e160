"""Rows of a written result."""

from __future__ import annotations

from qgis.core import QgsVectorLayer


def rows_of(path):
    """Rows as dictionaries with NULL as None."""
    layer = QgsVectorLayer(str(path), "rows", "ogr")
    assert layer.isValid(), path
    names = [f.name() for f in layer.fields()]
    return [{n: (None if str(f[n]) == "NULL" else f[n]) for n in names} for f in layer.getFeatures()]
