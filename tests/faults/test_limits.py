"""When memory, disk, patience or the clock fail: told with a code, nothing half, nothing lost (F02, F11, F15, F16)."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")
HERE = Path(__file__).resolve().parent


def limited(tmp_path, *arguments, timeout=280):
    done = subprocess.run(
        [sys.executable, str(HERE / "limits.py"), arguments[0], str(tmp_path / "l"), *map(str, arguments[1:])],
        capture_output=True, text=True, timeout=timeout, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    line = next((x for x in done.stdout.splitlines() if x.startswith("FOUND ")), None)
    assert line is not None, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(line[6:])
    print(found)
    return found


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_a_disk_that_takes_no_more_is_told_by_every_product_and_what_was_there_stays(tmp_path):
    found = limited(tmp_path, "size")
    assert found["faults"] == []
    assert sum("QL-" in told for told in found["told"].values()) >= 6


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_too_little_memory_is_told_before_or_after_it_ran_out(tmp_path):
    found = limited(tmp_path, "memory")
    assert found["faults"] == []
    assert all("-MEMORY" in told for told in found["told"].values()), found["told"]


@pytest.mark.slow
@pytest.mark.timeout(290)
def test_a_cancel_leaves_no_half_output_no_temporary_file_and_no_lock(tmp_path):
    found = limited(tmp_path, "cancel", 1, 18)
    assert found["faults"] == [] and found["cancels"] == 18


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_hundred_cancels_at_random_moments(tmp_path):
    found = limited(tmp_path, "cancel", 2, 108, timeout=3500)
    assert found["faults"] == [] and found["cancels"] == 108


# -- the clock ------------------------------------------------------------------------
@pytest.fixture(scope="session")
def clock(tmp_path_factory):
    """A library that shifts the time of day; skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler for the wrong clock")
    made = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-w", "-o", made, HERE / "clock.c", "-ldl"], check=True
    )
    return made


def at(clock, year):
    """The environment in which it is ``year``."""
    moment = time.mktime((year, 1, 20, 3, 14, 7, 0, 0, -1)) if year > 1970 else 60.0
    return {**os.environ, "LD_PRELOAD": str(clock), "CLOCK_SHIFT": str(int(moment - time.time()))}


def test_the_clock_is_wrong_indeed(clock):
    code = "import datetime; print(datetime.datetime.now().year)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=at(clock, 2038))
    assert shown.stdout.strip() == "2038"


def test_order_and_newest_wins_do_not_follow_the_clock(clock, faults, program, survey, tmp_path):
    for year in (2026, 1970, 2038, 1999):
        lines = program("some", survey, 3, env=at(clock, year)).lines()
        assert sum(line.startswith("ACK") for line in lines) == 3
    assert faults.state_of(survey) == (12, [])
    connection = sqlite3.connect(survey)
    values = connection.execute(
        "SELECT json_extract(after, '$.length_m'), at FROM change_log WHERE table_name = 'a6' ORDER BY fid"
    ).fetchall()
    connection.close()
    assert [v for v, _ in values][1:] == [float(n) for n in range(1, 13)]
    assert [moment[:4] for _, moment in values[1:]] == [
        y for y in ("2026", "1970", "2038", "1999") for _ in range(3)
    ]


def test_copies_made_under_a_wrong_clock_replace_none_and_stay_in_order(clock, survey):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import faults; faults.load_package();"
        "from qingliu.layers.store import open_store; from pathlib import Path;"
        "s = open_store(Path(sys.argv[2]), daily_backup=False); print(s.backup(sys.argv[3])); s.close()"
    )
    made = []
    for year in (2026, 1970, 2038, 1970):
        done = subprocess.run(
            [sys.executable, "-c", program, str(HERE), str(survey), f"y{year}"],
            capture_output=True, text=True, env=at(clock, year), check=True,
        )  # fmt: skip
        made.append(Path(done.stdout.strip()).name)
    from qingliu.layers.store import backups

    assert [b.path.name for b in backups.backups_of(survey)][-4:] == made and len(set(made)) == 4
