"""The main job from the command line: the practice watershed, or any case folder.

    tools/demo.py [--case FOLDER] [--seed N] [--area KM2]

Every step runs through qgis_process, as a script of a user's would; what it took
and gave stands in build/demo/run.json. A case's gaps are said and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "demo"


def load_package() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "qingliu", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["qingliu"] = module
    spec.loader.exec_module(module)
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [p for p in sys.path if p not in (str(ROOT), here, "")]


def qgis_process() -> str:
    for name in ("qgis_process.bin", "qgis_process"):
        found = shutil.which(name)
        if found:
            return found
    sys.exit("qgis_process is not installed")


def run_algorithm(algorithm: str, parameters: dict) -> dict:
    """Run one algorithm in a process of its own: results, log, seconds, peak memory."""
    command = [
        qgis_process(),
        "run",
        f"qingliu:{algorithm}",
        "--",
        *(f"{k}={v}" for k, v in parameters.items()),
    ]
    started = time.monotonic()
    log = OUT / "log" / f"{algorithm}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w+", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        stream.seek(0)
        text = stream.read()
    return {
        "algorithm": f"qingliu:{algorithm}",
        "parameters": {k: str(v) for k, v in parameters.items()},
        "seconds": round(time.monotonic() - started, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        "status": os.waitstatus_to_exitcode(status),
        "results": _results(text),
        "log": text,
    }


def _results(text: str) -> dict[str, str]:
    found = {}
    _, _, tail = text.partition("Results")
    for line in tail.splitlines():
        key, sep, value = line.partition(":\t")
        if sep and key.isupper():
            found[key.strip()] = value.strip()
    return found


def known_algorithms() -> set[str]:
    folder = ROOT / "processing"
    return {p.stem for p in folder.glob("*.py")}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", type=Path)
    parser.add_argument("--seed", default="534")
    parser.add_argument("--area", default="12")
    arguments = parser.parse_args()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    load_package()
    from qingliu.core.errors import QingliuError
    from qingliu.core.job import Skipped, parameters_of, steps
    from qingliu.layers.cases import open_case

    record: list[dict] = []
    try:
        case = open_case(practice(record, arguments) if arguments.case is None else arguments.case.resolve())
    except QingliuError as error:
        print(error.text(), file=sys.stderr)
        return 1
    describe(case)
    roles = case.role_parameters()
    skipped = []
    known = known_algorithms()
    for step in steps():
        if step.algorithm not in known:
            continue
        parameters = parameters_of(step, roles, OUT)
        if isinstance(parameters, Skipped):
            if parameters.missing:
                lacks = ", ".join(parameters.missing)
                print(f"-- {step.title['zh']} {step.title['en']}: left out, the case has no {lacks}")
                skipped.append({"step": step.key, "missing": list(parameters.missing)})
            continue
        done = tell(step.title, run_algorithm(step.algorithm, parameters))
        record.append(done)
        if done["status"] != 0:
            write_record(case, record, skipped)
            return 1
        for output, (role, _) in step.gives.items():
            if role and Path(parameters[output]).exists():
                roles[role] = parameters[output]
    write_record(case, record, skipped)
    print(f"== everything is in {OUT.relative_to(ROOT)}: open index.html")
    return 0


def practice(record: list[dict], arguments: argparse.Namespace) -> Path:
    folder = OUT / "practice"
    parameters = {"SEED": arguments.seed, "AREA_KM2": arguments.area, "OUTPUT_FOLDER": folder}
    title = {"zh": "生成练习小流域", "en": "Make the practice watershed"}
    done = tell(title, run_algorithm("trainingwatershed", parameters))
    record.append(done)
    if done["status"] != 0:
        sys.exit(1)
    return folder


def describe(case) -> None:
    from qingliu.core.case import case_text

    print(f"== {case.name} ({case.code or 'no code'}), type {case.type or 'not given'}")
    if case.guessed:
        print("   no case.yaml: roles guessed by the names of the layers (resources/case_roles.yaml)")
        (OUT / "case.yaml").write_text(case_text(case), encoding="utf-8")
    for role, ref in case.layers.items():
        print(f"   {role:12} {ref.file.name}{' : ' + ref.layer if ref.layer else ''}")


def tell(title: dict, done: dict) -> dict:
    mark = "ok" if done["status"] == 0 else f"FAILED ({done['status']})"
    print(f"-- {title['zh']} {title['en']}: {mark}, {done['seconds']} s, {done['peak_memory_mb']} MB")
    numbers = {
        k: v for k, v in done["results"].items() if not v.startswith(("/", "\\")) and ROOT.name not in v
    }
    if numbers:
        print("   " + ", ".join(f"{k} = {v}" for k, v in numbers.items()))
    if done["status"] != 0:
        print("\n".join("   " + line for line in done["log"].splitlines()[-15:]))
    return done


def write_record(case, record: list[dict], skipped: list[dict]) -> None:
    steps = [{k: v for k, v in entry.items() if k != "log"} for entry in record]
    whole = {"case": case.name, "guessed": case.guessed, "steps": steps, "left_out": skipped}
    (OUT / "run.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
