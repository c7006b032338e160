"""Kills while products are written: every file is the old one or the new one whole, no row is lost.

The short form makes a few kills each; ``make torture`` makes 200.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")
HERE = Path(__file__).resolve().parent
JOBS = ("figures", "tables", "create", "merge", "import", "dossier")
SHORT = {"figures": 3, "tables": 2, "create": 4, "merge": 5, "import": 5, "dossier": 1}


def storm(job, kills, seed, folder, timeout):
    """What a storm found."""
    done = subprocess.run(
        [sys.executable, str(HERE / "storms.py"), job, str(kills), str(seed), str(folder)],
        capture_output=True, text=True, timeout=timeout, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    line = next((x for x in done.stdout.splitlines() if x.startswith("FOUND ")), None)
    assert line is not None, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(line[6:])
    print(job, found)
    return found


@pytest.mark.slow
@pytest.mark.timeout(290)
@pytest.mark.parametrize("job", JOBS)
def test_a_few_kills_leave_whole_files(job, tmp_path):
    found = storm(job, SHORT[job], 1, tmp_path, 280)
    assert found["faults"] == [] and found["kills"] + found["finished"] == SHORT[job]


@pytest.mark.torture
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("job", JOBS)
def test_two_hundred_kills_leave_whole_files(job, tmp_path):
    found = storm(job, 200, 2, tmp_path, 7100)
    assert found["faults"] == [] and found["kills"] > 100
