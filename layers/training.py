"""The course's files: what a learner has mended in them, and the way back to how they were.

A course is a folder with the practice watershed. The first time it is opened its files are copied
beside it, byte for byte; marks compare with that copy, and a reset puts it back.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ..core.errors import InputError
from ..core.training.marking import Tried
from .replacing import replace
from .store import GpkgStore, Row

SOUND = "sound"  # the folder of untouched copies
SURVEY, EXERCISE, ANSWERS, RECORD = "survey.gpkg", "exercise.gpkg", "answers.json", "record.jsonl"
NEEDED = (SURVEY, EXERCISE, ANSWERS, "case.yaml")
NEAR = 0.005  # numbers within half a per cent: units and digits are what is trained, not rounding
_LEFTOVERS = ("-wal", "-shm", "-journal")


class Course(NamedTuple):
    """A practice watershed opened for training, with its answer key."""

    folder: Path
    key: Mapping[str, Any]

    @property
    def sound(self) -> Path:
        """Where the untouched copies lie."""
        return self.folder / SOUND


def open_course(folder: Path) -> Course:
    """Open a folder as a course, keeping untouched copies the first time. Raises QL-TRAINING-FOLDER."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise InputError("QL-TRAINING-FOLDER", folder=folder.name, missing=", ".join(missing))
    if not (folder / SOUND).is_dir():
        part = folder / f"{SOUND}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for path in _files(folder):
            shutil.copyfile(path, part / path.name)
        part.rename(folder / SOUND)
    return Course(folder, json.loads((folder / SOUND / ANSWERS).read_text(encoding="utf-8")))


def _files(folder: Path) -> list[Path]:
    return [
        p
        for p in sorted(folder.iterdir())
        if p.is_file() and p.name != RECORD and not p.name.endswith(_LEFTOVERS)
    ]


def reset(course: Course) -> list[str]:
    """Put every file back as it was, byte for byte; the names of those that had changed.

    Records of learners stay. Raises QL-TRAINING-RESET where a file is held by another program.
    """
    changed = []
    for kept in sorted(course.sound.iterdir()):
        target = course.folder / kept.name
        for ending in _LEFTOVERS:
            (course.folder / (kept.name + ending)).unlink(missing_ok=True)
        if target.is_file() and digest(target) == digest(kept):
            continue
        changed.append(kept.name)
        part = target.with_name(target.name + ".part")
        try:
            shutil.copyfile(kept, part)
            replace(part, target)
        except OSError as error:
            raise InputError("QL-TRAINING-RESET", file=target.name, reason=str(error)) from error
    return changed


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults_mended(course: Course) -> frozenset[str]:
    """Keys of the planted faults that the learner's exercise no longer has.

    Numbers must be those of the sound survey, missing rows be there, texts be given and not the wrong one.
    """
    stores = [
        GpkgStore(path, read_only=True)
        for path in (course.folder / EXERCISE, course.sound / SURVEY, course.sound / EXERCISE)
    ]
    try:
        found = [f["key"] for f in course.key.get("faults") or () if _is_mended(f, *stores)]
    finally:
        for store in stores:
            store.close()
    return frozenset(found)


def _is_mended(fault: Mapping[str, str], now: GpkgStore, sound: GpkgStore, planted: GpkgStore) -> bool:
    table, field, uuid = fault["table"], fault["field"], fault["row_uuid"]
    right = sound.row(table, uuid)
    wrong = planted.row(table, uuid)
    if wrong is None and right is not None:  # a row was left out: any row that stands for it will do
        return any(_same(row.values.get(field), right.values.get(field)) for row in now.rows(table))
    row = now.row(table, uuid)
    if row is None or right is None or wrong is None:
        return False
    return _same(row.values.get(field), right.values.get(field)) or _is_other_text(row, wrong, field)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isinstance(value, (int, float)) and abs(value - wanted) <= NEAR * abs(wanted)
    return value == wanted


def _is_other_text(row: Row, wrong: Row, field: str) -> bool:
    value = row.values.get(field)
    differs = isinstance(value, str) and bool(value.strip()) and value != wrong.values.get(field)
    return differs and not (field == "checker" and value == row.values.get("surveyor"))


# -- records of learners -----------------------------------------------------------------


def keep(course: Course, tried: Tried) -> None:
    """Add a try to the course's record."""
    with open(course.folder / RECORD, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(tried._asdict(), ensure_ascii=False) + "\n")


def tries_of(files: Iterable[Path]) -> list[Tried]:
    """The tries of one or several records. Raises QL-TRAINING-RECORD with the file and line at fault."""
    found: list[Tried] = []
    for path in files:
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                found.append(_tried(path, number, line))
    return found


def _tried(path: Path, number: int, line: str) -> Tried:
    try:
        raw = json.loads(line)
        learner, lesson, step, clause, at = (raw[n] for n in ("learner", "lesson", "step", "clause", "at"))
        if not all(isinstance(t, str) for t in (learner, lesson, step, clause, at)):
            raise ValueError("wrong kind of value")
        return Tried(learner, lesson, step, clause, bool(raw["right"]), int(raw["hints"]), at)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("QL-TRAINING-RECORD", file=path.name, line=number, reason=str(error)) from error


def exercise_measures(course: Course) -> Sequence[Mapping[str, Any]]:
    """The measures of the layout exercise with what is wrong with each, from the answer key."""
    found: Sequence[Mapping[str, Any]] = (course.key.get("layout_exercise") or {}).get("measures") or ()
    return found
