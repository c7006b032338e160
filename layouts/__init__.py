"""The plan figures as QGIS print layouts (5.1.2): sheets, drawings, export. No widgets."""
