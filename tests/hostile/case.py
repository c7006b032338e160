"""A bad input as data: what is fed to which algorithm, and what must happen."""

from __future__ import annotations

import re
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Optional

from ground import Country


class Site:
    """Where one case works: a folder of its own for bad files, the sound country, a survey to spoil."""

    def __init__(self, country: Country, surveys: Path, folder: Path) -> None:
        self.country, self._surveys, self.folder = country, surveys, folder
        self.out = folder / "out"
        self.out.mkdir()
        self.bad = folder / "in"
        self.bad.mkdir()

    def __getitem__(self, name: str) -> str:
        return self.country[name]

    def file(self, name: str) -> Path:
        """A path for a bad file."""
        return self.bad / name

    def survey(self) -> Path:
        """A copy of the sound survey, with its photos and evidence."""
        target = self.bad / "survey"
        if not target.exists():
            shutil.copytree(self._surveys, target)
        return target / "survey.gpkg"

    def package(self, name: str) -> Path:
        """A copy of a field package of the sound survey, made once a session."""
        made = self._surveys.parent / "package"
        if not made.exists():
            from qgis import processing

            given = {
                "SURVEY": str(self._surveys / "survey.gpkg"),
                "TARGET": "qfield",
                "OUTPUT_FOLDER": str(made),
            }
            processing.run("qingliu:packagefield", given)
            shutil.rmtree(self.bad / "survey", ignore_errors=True)  # a copy from before knows nothing of it
        self.survey()
        return Path(shutil.copytree(made, self.bad / name))


Maker = Callable[[Site], Mapping[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    site: Site
    results: Mapping[str, Any]
    error: str
    warnings: tuple[str, ...]

    @property
    def refused(self) -> list[str]:
        """The codes of the refusal, one a line."""
        return [code_of(line) for line in self.error.splitlines() if line.strip()]

    def warned(self) -> set[str]:
        """The codes of the warnings."""
        return {code_of(line) for w in self.warnings for line in w.splitlines() if code_of(line)}


Check = Callable[[Outcome], None]


@dataclass(frozen=True)
class Case:
    """One bad input. ``refused``: the codes of its error. ``warned``: codes that its log must hold.

    ``says``: patterns that must stand in the error or, where it is taken, in the warnings.
    ``right``: what must hold of the result.
    """

    id: str
    algorithm: str
    make: Maker
    refused: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    right: Optional[Check] = None
    pending: str = ""
    marks: tuple[Any, ...] = field(default=())


def refuse(id_: str, algorithm: str, make: Maker, *codes: str, says: Any = (), **more: Any) -> Case:
    """A case that must end with exactly these codes."""
    return Case(id_, algorithm, make, refused=codes, says=_words(says), **more)


def warn(id_: str, algorithm: str, make: Maker, *codes: str, says: Any = (), **more: Any) -> Case:
    """A case that must give a result and these warnings."""
    return Case(id_, algorithm, make, warned=codes, says=_words(says), **more)


def exact(id_: str, algorithm: str, make: Maker, right: Check, **more: Any) -> Case:
    """A case that must give a right result."""
    return Case(id_, algorithm, make, right=right, **more)


def _words(says: Any) -> tuple[str, ...]:
    return (says,) if isinstance(says, str) else tuple(says)


def code_of(line: str) -> str:
    """The code in front of a message, empty where there is none."""
    found = re.match(r"(QL-[A-Z0-9]+-[A-Z0-9]+): ", line.strip() + " ")
    return found.group(1) if found else ""


def left_behind(folder: Path) -> list[str]:
    """Files under ``folder``."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def content_of(path: Path) -> Any:
    """The rows of every table of a store; its bytes where it is none; None where it is not there."""
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            tables = [n for n in names if not n.startswith(("rtree_", "sqlite_"))]
            quoted = {n: '"' + n.replace('"', '""') + '"' for n in tables}
            return {n: connection.execute(f"SELECT * FROM {quoted[n]}").fetchall() for n in tables}
        finally:
            connection.close()
    except sqlite3.Error:
        return path.read_bytes()
