"""Files beside a survey: evidence copied to ``evidence/``, kept evaluations in ``evaluations/`` (7.0.2, 3.0.8).

Evidence is named in the survey by its path relative to the survey's folder, so that the folder can be moved.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Iterator

from ..core.errors import InputError
from ..core.evaluation.snapshot import Kept, from_json, to_json
from ..core.field.names import usable
from .replacing import replace

EVIDENCE, KEPT = "evidence", "evaluations"
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST = 80


def attach(home: Path, source: Path, number: int) -> str:
    """Copy a file beside the survey ``home``; its relative path with forward slashes.

    ``03_<name>`` for indicator 3; a file of the same name and content is used again, another one gets a
    number behind its name. Raises InputError QL-EVAL-EVIDENCE.
    """
    folder = home.parent / EVIDENCE
    try:
        folder.mkdir(exist_ok=True)
        if source.resolve().parent == folder.resolve():
            return f"{EVIDENCE}/{source.name}"
        target = _free(folder, safe_name(f"{number:02d}_{source.name}"), source)
        if not target.exists():
            part = target.with_name(f".{target.name}.part")
            try:
                shutil.copyfile(source, part)
                replace(part, target)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError("QL-EVAL-EVIDENCE", path=str(source), reason=str(error)) from error
    return f"{EVIDENCE}/{target.name}"


def _free(folder: Path, name: str, source: Path) -> Path:
    """A path in the folder that is free, or holds the same bytes already."""
    stem, suffix = Path(name).stem, Path(name).suffix
    target, count = folder / name, 2
    while target.exists() and not _same(target, source):
        target, count = folder / f"{stem}_{count}{suffix}", count + 1
    return target


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while True:
            a, b = first.read(1 << 20), second.read(1 << 20)
            if a != b:
                return False
            if not a:
                return True


def safe_name(name: str) -> str:
    """A file name that every system takes: no separators and control characters, not too long."""
    plain = Path(_UNSAFE.sub("_", name))
    suffix = plain.suffix[:_LONGEST].rstrip(" .")
    return usable((plain.stem.strip(" .")[:_LONGEST] or "_") + suffix)


def keep(home: Path, kept: Kept) -> Path:
    """Write an evaluation beside the survey, whole or not at all; one of the same name is replaced.

    Raises InputError QL-EVAL-KEEPNAME, QL-OUT-WRITE.
    """
    if not kept.name.strip():
        raise InputError("QL-EVAL-KEEPNAME")
    path = home.parent / KEPT / f"{safe_name(kept.name.strip())}.json"
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        part.write_bytes(to_json(kept).encode("utf-8"))
        replace(part, path)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def kept_files(home: Path) -> Iterator[Path]:
    """The evaluations kept beside a survey, by name."""
    folder = home.parent / KEPT
    return iter(sorted(folder.glob("*.json")) if folder.is_dir() else [])


def read_kept(path: Path) -> Kept:
    """An evaluation that was kept. Raises InputError QL-EVAL-KEPT."""
    try:
        return from_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("QL-EVAL-KEPT", reason=str(error)) from error
