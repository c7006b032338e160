"""How long the window stands still while somebody works with the survey dock: ``survey.py [ROWS] [--profile]``.

QGIS's own window is started with a profile of its own (in a virtual display where there is xvfb-run, else
offscreen), the survey dock opened and worked with (see :mod:`survey_driver`) on a survey of so many villages.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tools" / "bench"
LIMIT_S = 900
_SETTINGS = """[PythonPlugins]
qingliu=true
[qgis]
checkVersion=false
showTips322=false
showTips340=false
showTips344=false
askToSaveProjectChanges=false
newsFeed=false
[app]
plugin_installer\\checkOnStart=false
[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
[locale]
overrideFlag=true
userLocale=zh-Hans
"""


def main() -> int:
    """Print the longest step of each action."""
    parser = argparse.ArgumentParser(prog="survey.py")
    parser.add_argument("rows", type=int, nargs="?", default=2000)
    parser.add_argument("--profile", action="store_true", help="say what Python did meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), options.rows, options.profile)
    tell(found["steps"])
    sys.stdout.write(found["fault"])
    return 1 if found["fault"] else 0


def measured(folder: Path, rows: int, profile: bool) -> Dict[str, Any]:
    """Make a survey and let QGIS work with it."""
    survey = folder / "survey" / "survey.gpkg"
    survey.parent.mkdir()
    subprocess.run([sys.executable, str(HERE / "survey_data.py"), str(survey), str(rows)], check=True)
    out = folder / "found.json"
    environment = {**os.environ, "BENCH_SURVEY": str(survey), "BENCH_OUT": str(out)}
    environment["NUMBA_CACHE_DIR"] = str(folder / "numba")  # no kernels are fetched meanwhile
    environment.pop("QGIS_CUSTOM_CONFIG_PATH", None)
    if profile:
        environment["BENCH_PROFILE"] = "1"
    window = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"] if shutil.which("xvfb-run") else []
    environment["QT_QPA_PLATFORM"] = "xcb" if window else "offscreen"
    program = shutil.which("qgis.bin") or "qgis"
    place = _profile(folder)
    options = ["--nologo", "--noversioncheck", "--profiles-path", str(place), "--profile", "default"]
    command = [*window, program, *options, "--lang", "zh-Hans", "--code", str(HERE / "survey_driver.py")]
    with open(folder / "qgis.log", "w", encoding="utf-8") as log:
        subprocess.run(command, env=environment, stdout=log, stderr=log, timeout=LIMIT_S, check=False)
    if not out.is_file():
        raise SystemExit((folder / "qgis.log").read_text(encoding="utf-8", errors="replace")[-3000:])
    return dict(json.loads(out.read_text(encoding="utf-8")))


def _profile(folder: Path) -> Path:
    """A profile with this checkout as its plugin."""
    profile = folder / "profiles" / "default"
    (profile / "QGIS").mkdir(parents=True)
    (profile / "python" / "plugins").mkdir(parents=True)
    (profile / "python" / "plugins" / "qingliu").symlink_to(ROOT)
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "QGIS" / name).write_text(_SETTINGS, encoding="utf-8")
    return folder


def tell(steps: List[Dict[str, Any]]) -> None:
    """One line an action: the longest step, the processor's share of it, the next ones, the whole in seconds."""
    sys.stdout.write(f"{'action':26} {'ms':>5} {'cpu':>5}  {'next':20} {'s':>6}  status\n")
    for step in steps:
        walls = [w for w, _, _ in step["ms"]]
        first = (step["ms"] or [[0, 0, 0]])[0]
        after = " ".join(str(w) for w in walls[1:5])
        status = step["status"].splitlines()[0][:40] if step["status"] else ""
        sys.stdout.write(
            f"{step['name']:26} {first[0]:5} {first[1]:5}  {after:20} {step['whole']:6}  {status}\n"
        )
        if step["collected"]:
            sys.stdout.write(f"      garbage collected: {step['collected']} ms\n")
        for wall, lines in step.get("lines", []):
            sys.stdout.write("".join(f"      [{wall}] {line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
