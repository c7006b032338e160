"""Which terrain chain is how fast: DEM file to file of stream lines, ours and its peers' in turn.

In each round every chain runs once, so that what else the machine does meets all alike;
ratios are taken within a round and their median is shown.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import sys
from pathlib import Path
from typing import Callable, Iterable, Mapping, NamedTuple, Sequence

from .timing import Failed, Run, run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "build" / "bench"
PEER_PYTHON = WORK / "venv" / "bin" / "python"
CELL_KM2 = 25e-6
OURS = "qingliu"


class Chain(NamedTuple):
    """A chain: its command for (DEM, lines), its environment, and how many rounds at which size."""

    name: str
    command: Callable[[str, str], list[str]]
    environment: Mapping[str, str]
    most_cells: float = math.inf
    large_rounds: int | None = None  # above 10^7 cells


def chains(km2: float) -> list[Chain]:
    """All chains, ours first; channels begin at ``km2``."""
    cells = f"{km2 / CELL_KM2:g}"
    ours = {**os.environ, "NUMBA_CACHE_DIR": str(WORK / "numba")}
    peers = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "QGIS", "NUMBA"))}
    peer = str(PEER_PYTHON)

    def qgis(dem: str, lines: str) -> list[str]:
        limits = [f"INITIATION_AREA={km2}", f"MIN_AREA={max(0.1, 1.5 * km2)}", "INCLUDE_ALL=true"]
        program = shutil.which("qgis_process.bin") or "qgis_process"
        return [program, "run", "qingliu:streamsurvey", "--", f"DEM={dem}", f"OUTPUT={lines}", *limits]

    return [
        Chain(OURS, lambda d, t: [sys.executable, str(HERE / "chain_qingliu.py"), d, t, str(km2)], ours),
        Chain("whitebox", lambda d, t: [peer, str(HERE / "chain_whitebox.py"), d, t, cells], peers),
        Chain(
            "topotoolbox", lambda d, t: [peer, str(HERE / "chain_topotoolbox.py"), d, t, cells], peers,
            large_rounds=1,
        ),
        Chain(
            "grass", lambda d, t: [str(HERE / "chain_grass.sh"), d, t, cells], peers,
            most_cells=6e7, large_rounds=1,
        ),
        Chain("streamsurvey in qgis_process", qgis, ours, large_rounds=1),
    ]  # fmt: skip


def bench(sizes: Sequence[float], rounds: int, km2: float, only: Sequence[str]) -> None:
    """Run, print and keep the raw numbers in ``build/bench/terrain.json``."""
    wanted = [c for c in chains(km2) if not only or c.name in only or c.name == OURS]
    smallest = dem_of(min(sizes))
    cold, warm = first_runs(wanted[0], smallest)
    for chain in wanted:  # the plug-in's one-time test of numba in a child
        if chain.name.startswith("streamsurvey"):
            once(chain, smallest)
    print(
        f"\nKernels compiled for the first time on this machine: {cold:.1f} s, in a later process {warm:.2f} s\n"
    )
    taken: dict[float, dict[str, list[Run]]] = {}
    for size in sizes:
        taken[size] = rounds_at(size, dem_of(size), wanted, rounds)
        print(table(size, taken[size]), flush=True)
    print(scaling(taken))
    kept = {f"{s:g}": {n: [r._asdict() for r in runs] for n, runs in t.items()} for s, t in taken.items()}
    (WORK / "terrain.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def dem_of(size: float) -> Path:
    """The DEM of a size, made where it is missing."""
    target = WORK / "dem" / f"{size:.0f}.tif"
    if not target.exists():
        print(f"making a DEM of {size:,.0f} cells", flush=True)
        half = target.with_suffix(".half.tif")
        command = [sys.executable, str(HERE / "ground.py"), str(source()), f"{size:.0f}", str(half)]
        run(command, os.environ, WORK / "log" / "dem.txt")
        half.rename(target)
    return target


def source() -> Path:
    """Big Tujunga (SRTM 30 m) where the shared data lie beside the checkout, else the practice watershed."""
    real = ROOT.parent / "shared" / "data" / "reference" / "taudem_bt30" / "bt30.tif"
    if real.exists():
        return real
    folder = WORK / "practice"
    if not (folder / "dem.tif").exists():
        program = shutil.which("qgis_process.bin") or "qgis_process"
        made = [program, "run", "qingliu:trainingwatershed", "--", "SEED=1", "AREA_KM2=12"]
        run([*made, f"OUTPUT_FOLDER={folder}"], os.environ, WORK / "log" / "practice.txt")
    return folder / "dem.tif"


def first_runs(ours: Chain, dem: Path) -> tuple[float, float]:
    """Seconds spent on kernels with an empty cache folder, and with the one that is then filled."""
    shutil.rmtree(WORK / "numba", ignore_errors=True)
    taken = [once(ours, dem).stages["compile"] for _ in range(2)]
    return taken[0], taken[1]


def once(chain: Chain, dem: Path) -> Run:
    """One run of a chain. Raises Failed, also where no lines come out."""
    lines = WORK / "lines" / f"{chain.name.replace(' ', '_')}.gpkg"
    lines.parent.mkdir(parents=True, exist_ok=True)
    lines.unlink(missing_ok=True)
    found = run(chain.command(str(dem), str(lines)), chain.environment, WORK / "log" / f"{lines.stem}.txt")
    if not lines.exists():
        raise Failed(f"{chain.name} wrote no lines")
    return found


def rounds_at(size: float, dem: Path, wanted: Iterable[Chain], rounds: int) -> dict[str, list[Run]]:
    """All rounds at one size; a chain that fails is named and left out of what remains."""
    found: dict[str, list[Run]] = {}
    left = [c for c in wanted if size <= c.most_cells]
    for number in range(rounds):
        for chain in list(left):
            if size > 2e7 and chain.large_rounds is not None and number >= chain.large_rounds:
                continue
            try:
                found.setdefault(chain.name, []).append(once(chain, dem))
            except Failed as failure:
                print(f"FAILED {failure}", flush=True)
                left.remove(chain)
    return {name: runs for name, runs in found.items() if runs}


def table(size: float, taken: Mapping[str, Sequence[Run]]) -> str:
    """One size as a table of Markdown: medians, and ratios within rounds to ours."""
    lines = [
        f"### {size:,.0f} cells\n",
        "| chain | n | wall s | cpu s | peak MB | wall / ours | cpu / ours | our MB / theirs | stages (wall s) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    ours = taken[OURS]
    for name, runs in taken.items():
        wall, cpu, peak = (statistics.median(getattr(r, f) for r in runs) for f in ("wall", "cpu", "peak_mb"))
        by_wall, by_cpu, memory = (
            statistics.median(ratio(their, our) for their, our in zip(runs, ours))
            for ratio in (_wall_ratio, _cpu_ratio, _memory_ratio)
        )
        stages = ", ".join(f"{s} {statistics.median(r.stages[s] for r in runs):.2f}" for s in runs[0].stages)
        lines.append(
            f"| {name} | {len(runs)} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {by_wall:.2f} | {by_cpu:.2f} "
            f"| {memory:.2f} | {stages} |"
        )
    return "\n".join(lines) + "\n"


def _wall_ratio(their: Run, our: Run) -> float:
    return their.wall / our.wall


def _cpu_ratio(their: Run, our: Run) -> float:
    return their.cpu / our.cpu


def _memory_ratio(their: Run, our: Run) -> float:
    return our.peak_mb / their.peak_mb


def scaling(taken: Mapping[float, Mapping[str, Sequence[Run]]]) -> str:
    """Exponent k of seconds ~ cells^k by least squares, whole process and, for ours, without its start."""
    lines = [
        "### Scaling: seconds ~ cells^k\n",
        "| chain | k (wall) | k (cpu) | sizes |",
        "|---|---|---|---|",
    ]
    names = dict.fromkeys(name for t in taken.values() for name in t)
    for name in names:
        sizes = [s for s in taken if name in taken[s]]
        if len(sizes) < 2:
            continue
        walls, cpus = (
            exponent(sizes, [statistics.median(getattr(r, f) for r in taken[s][name]) for s in sizes])
            for f in ("wall", "cpu")
        )
        lines.append(f"| {name} | {walls:.2f} | {cpus:.2f} | {', '.join(f'{s:g}' for s in sizes)} |")
        if name == OURS:
            rest = [statistics.median(_without_start(r) for r in taken[s][name]) for s in sizes]
            lines.append(
                f"| {name}, imports and kernel loading taken off | {exponent(sizes, rest):.2f} | | |"
            )
    return "\n".join(lines) + "\n"


def _without_start(one: Run) -> float:
    return sum(s for name, s in one.stages.items() if name not in ("import", "compile"))


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of log seconds over log sizes."""
    x, y = [math.log(s) for s in sizes], [math.log(s) for s in seconds]
    middle_x, middle_y = statistics.fmean(x), statistics.fmean(y)
    above = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y))
    return above / sum((a - middle_x) ** 2 for a in x)
