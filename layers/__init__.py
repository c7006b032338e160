"""QGIS data to core records and back (qgis.core and GDAL only, no widgets)."""
