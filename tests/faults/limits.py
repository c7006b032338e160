"""Products while memory, disk or patience end: ``limits.py cancel|size|memory FOLDER [SEED COUNT]``.

Says as JSON what was told for each run and what was found wrong afterwards.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import storms  # noqa: E402


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def jobs(folder):
    """The runs of without.py, results as files."""
    for name, given in load("without_jobs").jobs(folder):
        if given.get("OUTPUT") == "TEMPORARY_OUTPUT":
            given = {**given, "OUTPUT": str(folder / "results" / f"{name.replace(':', '_')}.gpkg")}
        yield name, given


def left_over(folder, before):
    """Half files and temporary ones that were not there before."""
    found = []
    for path in folder.rglob("*"):
        hidden = path.name.startswith(".") and not path.name.startswith(".~")
        if path.is_file() and (hidden or ".part" in path.name):
            found.append(str(path.relative_to(folder)))
    found += sorted(set(temporary()) - before)
    return found


def temporary():
    return [n for n in os.listdir(tempfile.gettempdir()) if n.startswith("qingliu-") and "numba" not in n]


def survey_faults(path, rows):
    """Whether the survey is whole, has its rows and can be written."""
    from qingliu.layers.store import Insert, open_store

    connection = sqlite3.connect(path)
    check = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    if check != "ok":
        return [check]
    with open_store(path, daily_backup=False) as store:
        if store.count("a7") < rows or store.read_only:
            return [f"a7: {store.count('a7')} of {rows}"]
        store.save([Insert("a8", {"natural_village": "x"})])
    return []


def output_faults(folder):
    """Outputs that have their name and are not whole."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file() or path.name.startswith("."):
            continue
        kind = path.suffix.lower()
        if kind == ".gpkg":
            try:
                connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
                if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    found.append(path.name)
                connection.close()
            except sqlite3.Error as error:
                found.append(f"{path.name}: {error}")
        elif (kind == ".pdf" and not path.read_bytes().rstrip().endswith(b"%%EOF")) or (
            kind == ".png" and b"IEND" not in path.read_bytes()[-16:]
        ):
            found.append(path.name)
        elif kind in (".xlsx", ".docx", ".odt", ".qgz"):
            import zipfile

            try:
                with zipfile.ZipFile(path) as archive:
                    bad = archive.testzip()
            except (zipfile.BadZipFile, OSError) as error:
                bad = str(error)
            if bad:
                found.append(f"{path.name}: {bad}")
    return found


def cancelling():
    from qgis.core import QgsProcessingFeedback

    class Cancelling(QgsProcessingFeedback):
        """Cancelled from its ``limit``-th question on."""

        def __init__(self, limit):
            super().__init__(False)
            self.asked, self.limit = 0, limit

        def isCanceled(self):
            self.asked += 1
            return self.asked >= self.limit

    return Cancelling


def cancel(folder, seed, count):
    """``count`` cancels over all the runs, each at a random question."""
    from qgis import processing
    from qgis.core import QgsProcessingException

    chance, kind = random.Random(seed), cancelling()
    start = folder / "start"
    listed = [name for name, _ in jobs(_fresh(start, folder / "now"))]
    asked = {}
    result = {"cancels": 0, "faults": [], "asked": asked}
    for name, given in jobs(_fresh(start, folder / "now")):  # how often each of them asks
        feedback = kind(10**9)
        try:
            processing.run(f"qingliu:{name.partition(':')[0]}", given, feedback=feedback)
        except QgsProcessingException as error:
            result["faults"].append(f"{name}: {error}"[:200])
        asked[name] = feedback.asked
    for number in range(count):
        name = listed[number % len(listed)]
        now = _fresh(start, folder / "now")
        if name == "mergefield":
            given = dict(jobs(now))
            processing.run("qingliu:packagefield", given["packagefield"])
        given = dict(jobs(now))[name]
        before = set(temporary())
        try:
            processing.run(
                f"qingliu:{name.partition(':')[0]}", given, feedback=kind(chance.randint(1, asked[name] + 1))
            )
        except QgsProcessingException as error:
            result["faults"].append(f"{name}: {error}"[:300])
        result["cancels"] += 1
        wrong = left_over(now, before) + output_faults(now) + survey_faults(now / "survey.gpkg", 2)
        result["faults"] += [f"{name}: {w}" for w in wrong]
    return result


def _fresh(start, now):
    shutil.rmtree(now, ignore_errors=True)
    shutil.copytree(start, now)
    (now / "results").mkdir()
    return now


WRITING = ("createsurvey", "exportsurveytables:odt", "exportsurveytables:pdf", "exportsurveytables:xlsx",
           "exportsurveytables:docx", "exportfigures", "packagefield", "dossier")  # fmt: skip


def starve(folder):
    """Each writing run on a disk that takes no more: told with a code, what was there before stays whole."""
    from qgis import processing

    now = _fresh(folder / "start", folder / "now")
    given = dict(jobs(now))
    result = {"told": {}, "faults": []}
    for name in WRITING:  # what is there before
        processing.run(f"qingliu:{name.partition(':')[0]}", given[name])
    shutil.rmtree(now / "package")
    (now / "new.gpkg").unlink()
    (now / "new.qgz").unlink()
    kept = {
        p: storms.digest(p)
        for p in now.rglob("*")
        if p.is_file() and p.suffix in (".pdf", ".xlsx", ".docx", ".odt")
    }
    for name in WRITING:
        told = _starved(lambda n=name: processing.run(f"qingliu:{n.partition(':')[0]}", given[n]))
        result["told"][name] = told[:160]
        if told.startswith("!") or (told != "ok" and "QL-" not in told):
            result["faults"].append(f"{name}: {told[:300]}")
    changed = [p.name for p, was in kept.items() if not p.is_file() or storms.digest(p) != was]
    result["faults"] += [f"changed: {n}" for n in changed if n not in ("villages.pdf",)]
    result["faults"] += output_faults(now) + survey_faults(now / "survey.gpkg", 2)
    result["faults"] += left_over(now, set(temporary()))
    return result


def _starved(work):
    """What ``work`` told while no file could grow beyond 12 kB."""
    from qgis.core import QgsProcessingException

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, resource.RLIM_INFINITY))
    try:
        work()
        return "ok"
    except QgsProcessingException as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"! {type(error).__name__}: {error}"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def memory(folder):
    """A run on a DEM of 64 million cells with 250 MB to spare."""
    import numpy as np
    from osgeo import gdal, osr
    from qgis import processing
    from qgis.core import QgsProcessingException

    now = _fresh(folder / "start", folder / "now")
    dem = now / "large.tif"
    options = ["TILED=YES", "COMPRESS=DEFLATE", "SPARSE_OK=TRUE"]
    made = gdal.GetDriverByName("GTiff").Create(str(dem), 8000, 8000, 1, gdal.GDT_Float32, options)
    made.SetGeoTransform((500_000, 2, 0, 3_016_000, 0, -2))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4547)
    made.SetProjection(reference.ExportToWkt())
    block = np.add.outer(np.arange(8000.0), np.arange(100.0)).astype(np.float32)
    for start in range(0, 8000, 100):
        made.GetRasterBand(1).WriteArray(block + start, start, 0)
    made = None
    pages = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = storms.digest(dem), storms.dump(now / "survey.gpkg")
    result = {"told": {}, "faults": []}
    resource.setrlimit(resource.RLIMIT_AS, (pages + 250 * 2**20, resource.RLIM_INFINITY))
    for name, given in (
        ("streamsurvey", {"DEM": str(dem), "MIN_LENGTH": 500}),
        ("delineatewatershed", {"DEM": str(dem), "OUTLET": "500100,3000010 [EPSG:4547]"}),
        ("zoning", {"DEM": str(dem), "BOUNDARY": f"{now / 'survey.gpkg'}|layername=boundary"}),
    ):
        try:
            processing.run(f"qingliu:{name}", {**given, "OUTPUT": str(now / "results" / f"{name}.gpkg")})
            result["told"][name] = "ok"
        except QgsProcessingException as error:
            result["told"][name] = str(error)[:300]
        except MemoryError as error:
            result["told"][name] = f"! {error}"
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if (storms.digest(dem), storms.dump(now / "survey.gpkg")) != before:
        result["faults"].append("inputs changed")
    result["faults"] += output_faults(now / "results")
    return result


def main(kind, folder, *rest):
    folder = Path(folder)
    kept = storms.start_qgis()  # QGIS does not keep the Python half of a provider alive
    surveys = kept[2]
    survey = surveys.make_survey(folder / "start")
    storms.run(
        "exportsurveytables",
        SURVEY=str(survey),
        TABLES="a7",
        FORMAT="xlsx",
        OUTPUT_FOLDER=str(survey.parent),
    )
    (survey.parent / "a7.xlsx").rename(survey.parent / "filled.xlsx")
    if kind == "cancel":
        found = cancel(folder, int(rest[0]), int(rest[1]))
    else:
        found = memory(folder) if kind == "memory" else starve(folder)
    print("FOUND " + json.dumps(found, ensure_ascii=False), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
