"""Figure definitions to print layouts (qgis.core only, no widgets)."""
