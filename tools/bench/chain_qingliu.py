"""Our chain in one process: ``chain_qingliu.py DEM LINES.gpkg KM2`` -> stages and seconds as JSON lines.

The plug-in's own reading, routing, whole channels and verdicts; lines are written with OGR.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package import register
from stages import Stages


def main(dem: str, target: str, initiation_km2: float) -> None:
    """The whole chain."""
    stages = Stages("import")
    register()
    from qingliu.core.terrain import jit
    from qingliu.core.terrain.routing import route_job
    from qingliu.core.terrain.streams import Limits, survey_streams
    from qingliu.layers.dem import read_dem

    jit.prepare(os.environ["NUMBA_CACHE_DIR"])
    grid = read_dem(dem, progress=stages).grid
    limits = Limits(300.0, max(0.1, 1.5 * initiation_km2), initiation_km2)
    found = survey_streams(
        grid,
        limits,
        lambda arrays, values: route_job(arrays, values, stages),
        keep_drained=False,
        progress=stages,
    )
    stages.stage("write")
    write(found.channels, grid.frame.crs_wkt, target)
    stages.end()


def write(channels: Any, wkt: str, target: str) -> None:
    """Lines with length and drained area as a GeoPackage."""
    from osgeo import gdal, ogr, osr
    from qingliu.layers.lines import line_wkb

    gdal.UseExceptions()
    place = osr.SpatialReference()
    place.ImportFromWkt(wkt)
    out = ogr.GetDriverByName("GPKG").CreateDataSource(target)
    layer = out.CreateLayer("channels", place, ogr.wkbLineString)
    for name in ("length_m", "area_m2"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    layer.CreateField(ogr.FieldDefn("strahler", ogr.OFTInteger))
    definition = layer.GetLayerDefn()
    out.StartTransaction()
    rows = zip(channels.length_m.tolist(), channels.area_m2.tolist(), channels.strahler.tolist())
    for i, (length, area, order) in enumerate(rows):
        feature = ogr.Feature(definition)
        feature.SetField(0, length)
        feature.SetField(1, area)
        feature.SetField(2, order)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(line_wkb(channels.lines.line(i))))
        layer.CreateFeature(feature)
    out.CommitTransaction()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
