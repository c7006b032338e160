"""What a run that broke off leaves at its outputs: empty files of its own go, everything else stays.

QGIS's writers make a file before they know that it can be filled: on a full disk one of no bytes stays there,
which later looks like a result and is none.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Iterable

from qgis.core import QgsProcessingContext

from ..layers.files import in_database
from .checks import file_of, written

# Files that formats set beside the one that was named.
_BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".qmd", ".csvt", ".xsd", ".gfs")
_BEHIND = ("-journal", "-wal", "-shm")


def not_there_yet(value: Any, context: QgsProcessingContext) -> tuple[Path, ...]:
    """The files that writing an output's value may make and that do not exist now."""
    plain = written(value)
    inside = in_database(plain) if isinstance(plain, str) else None
    file = inside.path if inside is not None else file_of(value, context)
    if not file:
        return ()
    path = Path(file)
    beside = [path.with_suffix(ending) for ending in _BESIDE] if path.suffix else []
    behind = [path.with_name(path.name + ending) for ending in _BEHIND]
    with suppress(OSError):  # a name that no system takes will make no file
        return tuple(p for p in (path, *beside, *behind) if not p.exists())
    return ()


def drop_empty(made: Iterable[Path]) -> None:
    """Remove those of a run's own files that hold nothing."""
    for path in made:
        with suppress(OSError):  # gone, or held by another program: it is told nowhere that it is a result
            if path.is_file() and path.stat().st_size == 0:
                path.unlink()
