"""Whitebox Workflows, from a DEM to stream lines: ``chain_whitebox.py DEM LINES.gpkg CELLS``.

Of its three ways to fill (with flats drained) this is the fastest on this ground.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stages import Stages


def main(dem: str, target: str, cells: float) -> None:
    """The whole chain, grids in memory."""
    stages = Stages("import")
    import whitebox_workflows

    tools = whitebox_workflows.WbEnvironment()
    heights = tools.read_raster(dem)
    stages.stage("fill")
    filled = tools.hydrology.fill_depressions(dem=heights, fix_flats=True)
    stages.stage("directions")
    pointer = tools.hydrology.d8_pointer(dem=filled)
    stages.stage("accumulation")
    drained = tools.hydrology.d8_flow_accum(input=pointer, input_is_pointer=True, out_type="cells")
    stages.stage("channels")
    streams = tools.streams.extract_streams(flow_accumulation=drained, threshold=cells)
    tools.streams.raster_streams_to_vector(d8_pntr=pointer, streams_raster=streams, output=target)
    stages.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
