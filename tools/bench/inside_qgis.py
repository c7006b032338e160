"""Inside a running QGIS: when are the kernels ready, and what does a watershed of 50 km² at 5 m take?

``inside_qgis.py DEM compiled|warm|plain``. Kernels are in the cache folder already; this process has
used none of them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package import register


def main(dem: str, how: str) -> None:
    """Print seconds."""
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    register()
    import numpy as np
    from qingliu.core.grid import GridFrame
    from qingliu.core.progress import SILENT
    from qingliu.core.terrain import jit, streams
    from qingliu.core.terrain.routing import route_job, route_values
    from qingliu.layers.dem import read_dem

    if how == "plain":
        jit.allow(False)
    jit.prepare(os.environ["NUMBA_CACHE_DIR"])
    small = np.random.default_rng(5).random((20, 20), dtype=np.float32)
    values = route_values(GridFrame(20, 20, 0.0, 0.0, 5.0, 5.0), "fill", 10.0, 200.0)
    if how == "warm":
        _warm(dem)
        return
    names = ("numba imported", "kernels from the cache", "a grid of 20 x 20", "once more", "and again")
    steps = (jit.compiled, jit.load, *[lambda: route_job({"dem": small}, values, SILENT)] * 3)
    for name, step in zip(names, steps):
        print(f"{how}: {name}: {_seconds(step):.3f} s")
    begin = time.perf_counter()
    grid = read_dem(dem).grid
    found = streams.survey_streams(
        grid, streams.default_limits(), lambda arrays, v: route_job(arrays, v, SILENT)
    )
    size, km2 = grid.values.size, grid.values.size * grid.frame.dx * grid.frame.dy / 1e6
    print(
        f"{how}: DEM of {size:,} cells ({km2:.0f} km²) to {len(found.channels)} whole channels: "
        f"{time.perf_counter() - begin:.2f} s"
    )


def _warm(dem: str) -> None:
    """As the algorithm does it: the kernels are fetched while the DEM is read; what is left to wait for."""
    from qingliu.core.terrain import jit
    from qingliu.layers import engine
    from qingliu.layers.streams import read_terrain

    engine.engine()
    print(f"warm: DEM read, kernels fetched beside it: {_seconds(lambda: read_terrain(dem)):.3f} s")
    print(f"warm: then waited for the kernels: {_seconds(jit.load):.3f} s")


def _seconds(step: object) -> float:
    begin = time.perf_counter()
    step()  # type: ignore[operator]
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
