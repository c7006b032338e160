"""Runs a case as QGIS runs an algorithm, and judges what came of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Mapping

from case import Case, Outcome, Site, code_of, content_of, left_behind
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)
from sound import sound

CANARY = Path("/tmp/qingliu-canary")


class Told(QgsProcessingFeedback):
    """Keeps what a run says."""

    def __init__(self) -> None:
        super().__init__(False)
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def pushWarning(self, warning: str) -> None:
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        self.errors.append(error)


def run(algorithm: str, parameters: Mapping[str, Any], site: Site) -> Outcome:
    """One run; a refusal is its text, an empty text means it went through."""
    told, context = Told(), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    context.setFeedback(told)
    made = QgsApplication.processingRegistry().createAlgorithmById(f"qingliu:{algorithm}")
    error, results = "", {}
    try:
        results, ok = made.run(dict(parameters), context, told, {}, False)
    except QgsProcessingException as fault:
        error, ok = str(fault), False
    if not ok and not error:
        error = "\n".join(told.errors) or "no reason given"
    return Outcome(site, results if ok else {}, error, (*told.warnings, *(told.errors if ok else ())))


def parameters_of(case: Case, site: Site) -> dict[str, Any]:
    """The sound parameters with what the case replaces; None takes one away."""
    given = {**sound(case.algorithm, site), **case.make(site)}
    return {name: value for name, value in given.items() if value is not None}


def judge(case: Case, site: Site) -> Outcome:
    """Run a case and hold it to what every case must keep, and to its own words."""
    parameters = parameters_of(case, site)
    survey = Path(str(parameters.get("SURVEY", "")))
    before = content_of(survey) if case.refused else None
    inputs = {
        p: p.stat().st_mtime_ns
        for p in site.country.folder.rglob("*")
        if p.suffix in (".tif", ".csv", ".yaml")
    }
    files = left_behind(site.bad)
    found = run(case.algorithm, parameters, site)
    plain(found)
    if case.refused:
        answered(case, found)
        assert left_behind(site.out) == [], "a refused run leaves nothing behind"
        assert content_of(survey) == before, "a refused run leaves the survey as it was"
        assert made_beside(files, left_behind(site.bad)) == [], (
            "a refused run makes nothing beside its inputs"
        )
    else:
        assert not found.error, found.error
        for code in case.warned:
            assert any(re.match(code, said) for said in found.warned()), found.warnings
    spoken = found.error if case.refused else "\n".join(found.warnings)
    for words in case.says:
        assert re.search(words, spoken), f"{words!r} is not in:\n{spoken}"
    assert all(p.stat().st_mtime_ns == t for p, t in inputs.items()), "inputs stay untouched"
    if case.right is not None:
        assert case.right(found) is not False, found.results
    return found


def answered(case: Case, found: Outcome) -> None:
    """The codes of the refusal, each as often as foreseen (a code may be a pattern)."""
    left = list(found.refused)
    for code in case.refused:
        hit = next((said for said in left if re.fullmatch(code, said)), None)
        assert hit is not None, f"{code} is not said: {found.error or found.warnings}"
        left.remove(hit)
    assert left == [], f"more is said than foreseen: {found.error}"


def plain(found: Outcome) -> None:
    """No traceback, no exception of Python's, every line of a refusal with its code, nothing executed."""
    assert "Traceback" not in found.error + "".join(found.warnings)
    lines = [line for line in found.error.splitlines() if line.strip()]
    assert all(code_of(line) for line in lines), f"a line without a code: {found.error}"
    assert "QL-RUN-UNEXPECTED" not in found.error, found.error
    assert not re.search(r"\{[a-z_]+\}", found.error + "".join(found.warnings)), (
        "a fact is missing in a sentence"
    )
    assert not CANARY.exists(), "a file of the input was executed"


def made_beside(before: list[str], after: list[str]) -> list[str]:
    """Files that a run made in the folder of its inputs, SQLite's and QGIS's own apart."""
    own = ("-wal", "-shm", "-journal", ".aux.xml", ".qpj")
    return [name for name in after if name not in before and not name.endswith(own)]
