"""Programs that write products, killed again and again: ``storms.py JOB KILLS SEED FOLDER``.

One process starts QGIS and prepares; for each kill it forks a child that works until SIGKILL comes, then looks
at what is there: every product must be whole, old or new, under its final name, and no row may be lost.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(algorithm, **parameters):
    from qgis import processing

    return processing.run(f"qingliu:{algorithm}", parameters)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def dump(path, tables=None):
    """Rows of a survey's tables as text, opened as a stranger would (so that a hot journal is rolled back)."""
    connection = sqlite3.connect(path)
    try:
        check = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if check != "ok":
            return {"": check}
        names = [r[0] for r in connection.execute("SELECT table_name FROM gpkg_contents")]
        found = {}
        for name in tables or names:
            columns = [r[1] for r in connection.execute(f'PRAGMA table_info("{name}")')]
            keep = [c for c in columns if c not in ("fid", "created_at", "updated_at", "at", "save_id")]
            listed = ", ".join(f'"{c}"' for c in keep)
            rows = connection.execute(f'SELECT {listed} FROM "{name}"').fetchall()
            found[name] = sorted(repr(dict(zip(keep, row))) for row in rows)
        return found
    finally:
        connection.close()


class Job:
    """One kind of work: ``work`` goes on for ever in the child, ``faults`` looks at what it left."""

    def __init__(self, folder, surveys):
        self.folder, self.surveys = folder, surveys
        self.folder.mkdir(parents=True, exist_ok=True)

    # Whether each child is a process of its own: QGIS's threads, once started, do not survive a fork.
    spawned = False

    def begin(self):
        """Before each kill."""

    def work(self):
        raise NotImplementedError

    def faults(self):
        raise NotImplementedError


class Products(Job):
    """Files made in turn from two surveys into one folder; each must be one of the two known ones."""

    names = ()
    drawn_from = ("甲", "乙")

    def __init__(self, folder, surveys):
        super().__init__(folder, surveys)
        self.homes = [folder / who / "survey.gpkg" for who in self.drawn_from]
        self.out = folder / "out"
        if self.homes[0].exists():  # a child: all is prepared
            return
        for home in self.homes:
            surveys.make_survey(home.parent)
        surveys.change_here(self.homes[1], "a7", "natural_village", "上店", households=77)
        self.known = {}
        for number in (
            0,
            1,
            0,
            1,
        ):  # what is made beside an earlier project may differ from what is made first
            self.make(number)
            for path in self.products():
                self.known.setdefault(path.name, set()).add(digest(path))

    def products(self):
        return [p for p in self.out.rglob("*") if p.is_file() and not p.name.startswith(".")]

    def work(self):
        while True:
            for number in (0, 1):
                self.make(number)

    def faults(self):
        found = []
        there = {p.name: p for p in self.products()}
        for name in self.known:
            if name not in there:
                found.append(f"{name} is gone")
        for name, path in there.items():
            if name.endswith(".qgz"):
                found += project_faults(path)
            elif digest(path) not in self.known.get(name, set()):
                found.append(f"{name}: {path.stat().st_size} B that are neither the old nor the new file")
        return found

    def make(self, number):
        raise NotImplementedError


def project_faults(path):
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
            texts = [archive.read(n) for n in archive.namelist() if n.endswith(".qgs")]
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        return [f"{path.name}: {error}"]
    whole = bad is None and len(texts) == 1 and texts[0].rstrip().endswith(b"</qgis>")
    return [] if whole else [f"{path.name}: half"]


class Figures(Products):
    def make(self, number):
        run("exportfigures", SURVEY=str(self.homes[number]), FIGURES=["villages"], FORMAT="pdf", PAPER="A4",
            DRAWN_BY=self.drawn_from[number], OUTPUT_FOLDER=str(self.out))  # fmt: skip


class Tables(Products):
    def make(self, number):
        self.out.mkdir(exist_ok=True)
        for kind in ("xlsx", "odt", "docx", "pdf"):
            run("exportsurveytables", SURVEY=str(self.homes[number]), TABLES="a7", FORMAT=kind,
                OUTPUT_FOLDER=str(self.out))  # fmt: skip


class Dossier(Products):
    spawned = True

    def make(self, number):
        run("dossier", SURVEY=str(self.homes[number]), FIGURES=["villages"], EVALUATION_DATE="2025-09-30",
            OUTPUT_FOLDER=str(self.out))  # fmt: skip


class Create(Job):
    """New surveys with a boundary, one after the other; each that has its name is whole."""

    def __init__(self, folder, surveys):
        super().__init__(folder, surveys)
        self.boundary = f"{surveys.make_survey(folder / 'b')}|layername=boundary"
        self.number = 0
        self.checked = set()

    def begin(self):
        self.number += 1
        (self.folder / f"n{self.number}").mkdir()

    def work(self):
        for number in range(10_000):
            run("createsurvey", DESTINATION=str(self.folder / f"n{self.number}" / f"{number}.gpkg"), NAME="新",
                CODE="1", TYPE="livable", CRS="EPSG:4547", BOUNDARY=self.boundary)  # fmt: skip

    def faults(self):
        found = []
        home = self.folder / f"n{self.number}"
        for path in home.glob("*.gpkg"):
            rows = dump(path)
            if len(rows.get("sheet", ())) < 10 or len(rows.get("boundary", ())) != 1:
                counts = {k: len(v) for k, v in rows.items() if v}
                found.append(f"{path.name}: {counts}")
        for path in home.glob("*.qgz"):
            if ".part." in path.name:  # what was being written when the kill came
                continue
            found += project_faults(path)
            if not path.with_suffix(".gpkg").exists():
                found.append(f"{path.name} without its survey")
        shutil.rmtree(home)
        return found


class Change(Job):
    """One change of a survey as a whole: what is there afterwards is the state before or the state after."""

    def __init__(self, folder, surveys):
        super().__init__(folder, surveys)
        self.start = folder / "start"
        self.prepare()
        self.now = folder / "now"
        self.begin()
        self.before = self.state()
        self.once()
        self.after = self.state()
        assert self.before != self.after

    def prepare(self):
        raise NotImplementedError

    def once(self):
        raise NotImplementedError

    def begin(self):
        shutil.rmtree(self.now, ignore_errors=True)
        shutil.copytree(self.start, self.now)

    def work(self):
        self.once()

    def state(self):
        rows = dump(self.now / "survey.gpkg")
        # a photo that was brought before the kill stays as a file that no row names, and its name is taken
        return {k: [re.sub(r"_\d(?=\.jpg)", "", x) for x in v] for k, v in rows.items()
                if k not in ("change_log", "meta")}  # fmt: skip

    def faults(self):
        found = []
        from qingliu.layers.store import open_store

        with open_store(self.now / "survey.gpkg", daily_backup=False) as store:
            found += [p.code for p in store.findings]
        now = self.state()
        if now not in (self.before, self.after):
            found.append(
                "half: " + ", ".join(f"{k} {len(v)}" for k, v in now.items() if v != self.before.get(k))
            )
        for row in dump(self.now / "survey.gpkg", ["photos"])["photos"]:
            path = ast.literal_eval(row)["path"]
            if path and not (self.now / path).is_file():
                found.append(f"row without its file: {path}")
        self.again()
        if self.state() != self.after:
            found.append("done again it is not as it should be")
        return found

    def again(self):
        self.once()


class Merge(Change):
    def prepare(self):
        survey = self.surveys.make_survey(self.start)
        package = self.start / "package"
        run("packagefield", SURVEY=str(survey), TARGET="qfield", OUTPUT_FOLDER=str(package))
        self.surveys.device(package, "UPDATE a7 SET households = households + 1000")
        self.surveys.device(package, "UPDATE villages SET name = name || '（新）'")
        photo = package / "DCIM" / "new.jpg"
        photo.write_bytes(b"photo" * 2000)
        self.surveys.device(
            package,
            "INSERT INTO photos (uuid, version, path, table_name, row_uuid) SELECT "
            "'11111111-1111-1111-1111-111111111111', 1, 'DCIM/new.jpg', 'a7', uuid FROM a7 LIMIT 1",
        )

    def once(self):
        run("mergefield", SURVEY=str(self.now / "survey.gpkg"), PACKAGE=str(self.now / "package"), APPLY=True,
            OUTPUT="TEMPORARY_OUTPUT")  # fmt: skip


class Import(Change):
    def prepare(self):
        from openpyxl import load_workbook

        survey = self.surveys.make_survey(self.start)
        run(
            "exportsurveytables",
            SURVEY=str(survey),
            TABLES="a7",
            FORMAT="xlsx",
            OUTPUT_FOLDER=str(self.start),
        )
        path = self.start / "a7.xlsx"
        book = load_workbook(path)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value in (36, 12) and sheet.sheet_state == "visible":
                        cell.value += 500
        book.save(path)

    def once(self):
        run("importsurveytables", SURVEY=str(self.now / "survey.gpkg"), WORKBOOK=str(self.now / "a7.xlsx"),
            APPLY=True, OUTPUT="TEMPORARY_OUTPUT")  # fmt: skip


JOBS = {
    "figures": Figures,
    "tables": Tables,
    "dossier": Dossier,
    "create": Create,
    "merge": Merge,
    "import": Import,
}


def fork(work):
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            work()
        finally:
            os._exit(0)
    return pid


def spawn(name, folder):
    """A child of its own that has started QGIS and begins to work."""
    program = [sys.executable, str(HERE / "storms.py"), "work", name, str(folder)]
    child = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while (line := child.stdout.readline()) and line != "READY\n":
        pass
    return child


def spawned_storm(name, job, kills, seed):
    """As :func:`storm`; the first child is let make both products, how long that takes is the span."""
    chance = random.Random(seed)
    result = {"kills": 0, "finished": 0, "faults": []}
    started = time.monotonic()
    child = spawn(name, job.folder)
    child.stdout.readline()
    child.kill()
    child.wait()
    result["span"] = span = round(time.monotonic() - started, 2)
    for _ in range(kills):
        child = spawn(name, job.folder)
        time.sleep(chance.uniform(0.0, span))
        child.kill()
        child.wait()
        result["kills"] += 1
        result["faults"] += job.faults()
    return result


def work_on(name, folder):
    """A child: READY, then products without end, DONE after the first two."""
    kept = start_qgis()
    job = JOBS[name](Path(folder), kept[2])
    print("READY", flush=True)
    while True:
        job.make(0)
        job.make(1)
        print("DONE", flush=True)


def storm(job, kills, seed):
    chance = random.Random(seed)
    result = {"kills": 0, "finished": 0, "faults": [], "span": 0.0}
    job.begin()
    started = time.monotonic()
    span = 6.0
    if isinstance(job, Change):  # the time of one change, in a child as the others
        os.waitpid(fork(job.work), 0)
        span = 1.1 * (time.monotonic() - started)
    elif isinstance(job, Products):
        os.waitpid(fork(lambda: (job.make(0), job.make(1))), 0)
        span = 1.1 * (time.monotonic() - started)
    else:
        span = 3.0
    result["span"] = round(span, 2)
    for _ in range(kills):
        job.begin()
        pid = fork(job.work)
        time.sleep(chance.uniform(0.0, span))
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            result["finished"] += 1
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            result["kills"] += 1
        result["faults"] += job.faults()
    return result


def start_qgis():
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(HERE))
    import faults

    faults.load_package()
    from qgis.core import QgsApplication

    app = QgsApplication([], False)
    app.initQgis()
    sys.path.append(os.path.join(QgsApplication.pkgDataPath(), "python", "plugins"))
    from processing.core.Processing import Processing  # noqa: TID251 - QGIS's own

    Processing.initialize()
    plugin = importlib.import_module("qingliu").classFactory(None)
    plugin.initProcessing()
    spec = importlib.util.spec_from_file_location(
        "storm_surveys", HERE.parent / "plugin" / "field_surveys.py"
    )
    surveys = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(surveys)
    return app, plugin, surveys


def main(name, kills, seed, folder=None):
    if name == "work":
        work_on(kills, seed)
    kept = start_qgis()
    job = JOBS[name](Path(folder), kept[2])
    found = (
        spawned_storm(name, job, int(kills), int(seed)) if job.spawned else storm(job, int(kills), int(seed))
    )
    print("FOUND " + json.dumps(found, ensure_ascii=False), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
