"""TopoToolbox for Python, from a DEM to stream lines: ``chain_topotoolbox.py DEM LINES.gpkg CELLS``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stages import Stages


def main(dem: str, target: str, cells: int) -> None:
    """The whole chain: carving, D8, streams, lines."""
    stages = Stages("import")
    import topotoolbox

    stages.stage("read")
    heights = topotoolbox.read_tif(dem)
    stages.stage("directions")
    flow = topotoolbox.FlowObject(heights)
    stages.stage("channels")
    streams = topotoolbox.StreamObject(flow, units="pixels", threshold=cells)
    stages.stage("write")
    streams.to_geodataframe().to_file(target, driver="GPKG")
    stages.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(float(sys.argv[3])))
