"""Pattern metrics beside pylandstats in one run, as a ratio: ``bench_landscape.py [cells] [--neighbours]``.

Needs pylandstats (pip). Its nearest-neighbour distances build one tree per patch and do not end on
10^7 cells, so they are compared only with ``--neighbours`` (take some 10^5 cells then).
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CLASS_METRICS = {
    "total_area": "CA",
    "proportion_of_landscape": "PLAND",
    "number_of_patches": "NP",
    "patch_density": "PD",
    "largest_patch_index": "LPI",
    "edge_density": "ED",
    "landscape_shape_index": "LSI",
    "area_mn": "AREA_MN",
    "shape_index_mn": "SHAPE_MN",
    "effective_mesh_size": "MESH",
}
NEIGHBOURS = {"euclidean_nearest_neighbor_mn": "ENN_MN"}


def register() -> None:
    """The checkout as the package qingliu."""
    spec = importlib.util.spec_from_file_location(
        "qingliu", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["qingliu"] = module
    spec.loader.exec_module(module)


def landscape(cells: int, classes: int = 8, seed: int = 4) -> np.ndarray:
    """Patchy classes: noise on a coarse grid, blurred, cut into equal shares, enlarged."""
    side = int(cells**0.5)
    coarse = np.random.default_rng(seed).normal(size=(side // 4 + 1, side // 4 + 1))
    for _ in range(4):
        for axis in (0, 1):
            coarse = (np.roll(coarse, 1, axis) + 2 * coarse + np.roll(coarse, -1, axis)) / 4
    limits = np.quantile(coarse, np.linspace(0, 1, classes + 1)[1:-1])
    return np.kron(np.searchsorted(limits, coarse) + 1, np.ones((4, 4), int))[:side, :side].astype(np.uint8)


def main() -> None:
    """Run both and print what they say and how long they took."""
    register()
    import pylandstats
    from qingliu.core.landscape.metrics import pattern, texts
    from qingliu.core.landscape.mosaic import mosaic

    numbers = [a for a in sys.argv[1:] if a.isdigit()]
    distances = "--neighbours" in sys.argv
    values = landscape(int(numbers[0]) if numbers else 10_000_000)
    names = {**CLASS_METRICS, **(NEIGHBOURS if distances else {})}
    pattern(mosaic(landscape(10_000), 5.0))  # compiles
    begin = time.perf_counter()
    ours = pattern(mosaic(values, 5.0, 0), None if distances else [m for m in texts() if m != "ENN_MN"])
    mine = time.perf_counter() - begin
    begin = time.perf_counter()
    full = pattern(mosaic(values, 5.0, 0))
    with_distances = time.perf_counter() - begin
    begin = time.perf_counter()
    peer = pylandstats.Landscape(values, res=(5.0, 5.0), nodata=0, neighborhood_rule="8")
    table = peer.compute_class_metrics_df(metrics=list(names))
    peer.compute_landscape_metrics_df(
        metrics=[n for n in names if n not in ("total_area", "proportion_of_landscape")]
    )
    theirs = time.perf_counter() - begin
    worst = max(
        abs(row[name] / ours.value(key, int(code)) - 1)
        for code, row in table.iterrows()
        for name, key in names.items()
    )
    print(f"{values.size} cells, {full.patches} patches; largest relative difference {worst:.1e}")
    print(f"pylandstats {theirs:.2f} s, Qingliu {mine:.2f} s (distances too: {with_distances:.2f} s)")
    print(f"ratio {theirs / mine:.1f}")


if __name__ == "__main__":
    main()
