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
    command = [qgis_process(), "run", f"qingliu:{algorithm}", "--", *arguments_of(parameters)]
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


def arguments_of(parameters: dict) -> list[str]:
    """NAME=value for each value; a list repeats the name."""
    pairs = [(k, v if isinstance(v, list) else [v]) for k, v in parameters.items()]
    return [
        f"{k}={'true' if v is True else 'false' if v is False else v}" for k, values in pairs for v in values
    ]


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
    from qingliu.layers.cases import open_case

    record: list[dict] = []
    try:
        case = open_case(practice(record, arguments) if arguments.case is None else arguments.case.resolve())
    except QingliuError as error:
        print(error.text(), file=sys.stderr)
        return 1
    describe(case)
    leave_untouched(case.folder)
    roles = case.role_parameters()
    if (case.folder / "survey.gpkg").exists():  # a survey that has been filled: the work goes on in a copy
        roles["SURVEY"] = str(shutil.copy(case.folder / "survey.gpkg", OUT / "survey.gpkg"))
        if (case.folder / "evidence").is_dir():
            shutil.copytree(case.folder / "evidence", OUT / "evidence")
        print("   SURVEY       survey.gpkg (a copy of the case's)")
        write_project(OUT / "survey.gpkg")
    elif "LAYOUT" in roles:  # the survey will have no measures of its own that the figures could draw
        roles["MEASURES"] = roles["LAYOUT"]
    take_project(roles)
    skipped: list[dict] = []
    finished = run_steps(case, roles, record, skipped)
    write_record(case, record, skipped)
    write_index(case, record, skipped, pictures(roles))
    if finished:
        print(f"== everything is in {OUT.relative_to(ROOT)}: open index.html")
    return 0 if finished else 1


def leave_untouched(folder: Path) -> None:
    """Let GDAL write no statistics beside a case's rasters, unless the case has such files, which are to be read."""
    if not any(folder.rglob("*.aux.xml")):
        os.environ["GDAL_PAM_ENABLED"] = "NO"


def run_steps(case, roles: dict, record: list[dict], skipped: list[dict]) -> bool:
    """Run the main job's steps that exist; False when one failed.

    A step that refuses with a coded error is told, and the job goes on with what does not need it.
    """
    from qingliu.core.job import Skipped, parameters_of, steps

    known, good = known_algorithms(), True
    for step in steps():
        if step.algorithm not in known:
            continue
        parameters = parameters_of(step, roles, OUT, case.layers)
        if isinstance(parameters, Skipped):
            if parameters.missing:
                lacks = ", ".join(parameters.missing)
                print(f"-- {step.title['zh']} {step.title['en']}: left out, the case has no {lacks}")
                entry = {"step": step.key, "title": dict(step.title), "missing": list(parameters.missing)}
                skipped.append(entry)
            continue
        done = tell(step.title, run_algorithm(step.algorithm, parameters))
        if done["refused"]:
            skipped.append({"step": step.key, "title": dict(step.title), "refused": done["refused"]})
            good = good and any(done["refused"].startswith(f"{code}:") for code in step.refusals)
            continue
        record.append(done)
        if done["status"] != 0:
            return False
        for output, (role, _) in step.gives.items():
            if role and Path(parameters[output]).exists():
                roles[role] = parameters[output]
        take_project(roles)
    return good


def take_project(roles: dict) -> None:
    """The project beside the survey, once there is one: figures go into it."""
    if (OUT / "survey.qgz").exists():
        roles["PROJECT"] = str(OUT / "survey.qgz")


def write_project(survey: Path) -> None:
    """The QGIS project of a survey that came without one."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "survey_project.py"), str(survey)], check=True)


# Pictures of the run: file, title, layers bottom first (role, style).
PICTURES = (
    (
        "streams.png",
        {"zh": "沟道：按需调查的理由", "en": "Channels by the reason they must be surveyed"},
        (("STREAMS", "channels"), ("BOUNDARY", "boundary")),
    ),
    (
        "zones.png",
        {"zh": "三区划分", "en": "The three zones"},
        (("ZONES", "zones"), ("BOUNDARY", "boundary")),
    ),
    (
        "banks.png",
        {"zh": "岸线类型", "en": "Banks by class"},
        (("BANK_CLASSES", "banks"), ("BOUNDARY", "boundary")),
    ),
    (
        "erosion.png",
        {"zh": "水土流失", "en": "Soil erosion"},
        (("EROSION_CLASSES", "erosion"), ("BOUNDARY", "boundary")),
    ),
)


def pictures(roles: dict) -> list[dict]:
    """Render what there is; a picture whose first layer is missing is left out."""
    found = []
    for file, title, layers in PICTURES:
        if layers[0][0] not in roles:
            continue
        styled = [
            f"{roles[role]}={ROOT / 'resources' / 'styles' / (style + '.qml')}"
            for role, style in layers
            if role in roles
        ]
        command = [sys.executable, str(ROOT / "tools" / "pictures.py"), str(OUT / file), roles.get("DEM", "")]
        if subprocess.run([*command, *styled], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            found.append({"file": file, "title": title})
    return found


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


def numbers_of(done: dict) -> list[tuple[str, str]]:
    """Results that are no files."""
    return [(k, v) for k, v in done["results"].items() if not Path(v).is_absolute() and "/" not in v]


def warnings_of(done: dict) -> list[str]:
    """Warnings of the log, each once; QGIS puts its progress dots in front of them."""
    found = [
        line[line.index("QL-") :] for line in done["log"].splitlines() if "WARNING" in line and "QL-" in line
    ]
    return list(dict.fromkeys(found))


def tell(title: dict, done: dict) -> dict:
    done["title"] = dict(title)
    done["refused"] = refusal_of(done)
    mark = "ok" if done["status"] == 0 else "refused" if done["refused"] else f"FAILED ({done['status']})"
    print(
        f"-- {title['zh']} {title['en']}: {mark}, {done['seconds']} s, {done['peak_memory_mb']} MB",
        flush=True,
    )
    if numbers_of(done):
        print("   " + ", ".join(f"{k} = {v}" for k, v in numbers_of(done)))
    for warning in warnings_of(done):
        print(f"   ! {warning}")
    if done["refused"]:
        print(f"   {done['refused']}")
    elif done["status"] != 0:
        print("\n".join("   " + line for line in done["log"].splitlines()[-15:]))
    return done


def refusal_of(done: dict) -> str:
    """The coded error with which an algorithm refused; empty where it ended well, or without a code."""
    errors = [line.partition("ERROR:")[2].strip() for line in done["log"].splitlines() if "ERROR:" in line]
    coded = [e for e in errors if e.startswith("QL-")]
    return coded[0] if done["status"] != 0 and coded else ""


def write_record(case, record: list[dict], skipped: list[dict]) -> None:
    steps = [{k: v for k, v in entry.items() if k != "log"} for entry in record]
    whole = {"case": case.name, "guessed": case.guessed, "steps": steps, "left_out": skipped}
    (OUT / "run.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")


def write_index(case, record: list[dict], skipped: list[dict], shown: list[dict]) -> None:
    from qingliu.core.report import render
    from qingliu.core.standard import default_edition

    header = default_edition().header
    html = render(
        "demo/index.html",
        case={"name": case.name, "code": case.code, "folder_name": case.folder.name},
        edition={"id": header.id, "title": header.title_zh, "status": header.status_zh},
        pictures=shown,
        steps=[{**done, "numbers": numbers_of(done), "warnings": warnings_of(done)} for done in record],
        left_out=skipped,
    )
    (OUT / "index.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
