"""What is fast, beside what others do: ``make bench ARGS="..."``.

    terrain [--sizes 1e6,1e7,5e7,1e8] [--rounds 3] [--initiation 0.02] [--only whitebox,grass]
    inside      first and later use of the kernels inside a running QGIS; 50 km² at 5 m, with and without numba
    landscape [cells] [--neighbours]     pattern metrics beside pylandstats
    live [parcels] [measures] [changes]  clauses while drawing, with QGIS's own map tools; without numbers:
                5,000 parcels with 500 measures and 50,000 with 500
    survey [rows] [--profile]       how long QGIS's window stands still while somebody works with the survey dock

Without a word: ``terrain`` at 10^6 and 10^7 cells and ``inside``. Numbers are ratios within one run;
docs/bench.md says what was measured and how to read it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from bench import terrain
from bench.timing import run


def main() -> int:
    """Pick the benchmark."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first == "landscape":
        return landscape(sys.argv[2:])
    if first == "inside":
        return inside()
    if first == "live":
        return live(sys.argv[2:])
    if first == "survey":
        return subprocess.call([sys.executable, str(terrain.HERE / "survey.py"), *sys.argv[2:]])
    options = terrain_options(sys.argv[2:] if first == "terrain" else sys.argv[1:])
    terrain.bench(options.sizes, options.rounds, options.initiation, options.only)
    return 0 if first == "terrain" else inside()


def terrain_options(words: list[str]) -> argparse.Namespace:
    """The options of ``terrain``."""
    parser = argparse.ArgumentParser(prog="bench.py terrain")
    parser.add_argument("--sizes", type=lambda t: [float(n) for n in t.split(",")], default=[1e6, 1e7])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--initiation", type=float, default=0.02, help="km² drained where channels begin")
    parser.add_argument("--only", type=lambda t: t.split(","), default=[], help="peers, ours always runs")
    return parser.parse_args(words)


def inside() -> int:
    """In one Python that runs QGIS."""
    dem = terrain.dem_of(2e6)
    script = str(terrain.HERE / "inside_qgis.py")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(terrain.WORK / "numba")}
    run(
        [sys.executable, script, str(dem), "compiled"], environment, terrain.WORK / "log" / "inside.txt"
    )  # cache
    for how in ("compiled", "warm", "plain"):
        subprocess.run([sys.executable, script, str(dem), how], env=environment, check=True)
    return 0


def live(words: list[str]) -> int:
    """Milliseconds from a mouse move to the verdict."""
    script = str(terrain.HERE / "live.py")
    for sizes in [words] if words else [["5000", "500", "1000"], ["50000", "500", "1000"]]:
        subprocess.run([sys.executable, script, *sizes], check=True)
    return 0


def landscape(words: list[str]) -> int:
    """Pattern metrics, in the peers' environment."""
    script = str(terrain.ROOT / "tools" / "bench_landscape.py")
    peers = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "QGIS"))}
    peers["NUMBA_CACHE_DIR"] = str(terrain.WORK / "numba-peers")
    return subprocess.run([str(terrain.PEER_PYTHON), script, *words], env=peers, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
