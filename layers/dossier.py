"""A survey as the contents of its dossier: evaluated, checked, its tables, evidence and hashes (3.0.8)."""

from __future__ import annotations

import datetime as dt
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

from ..core.county import County
from ..core.data import ROOT
from ..core.dossier.model import (
    ACCEPTANCE,
    DELETED,
    LOST,
    OUTSIDE,
    THERE,
    Contents,
    Evidence,
    FileHash,
)
from ..core.dossier.plan import cards_of
from ..core.dossier.proofs import supported
from ..core.errors import InputError, Problem
from ..core.evaluation import Evaluation, EvaluationInput, evaluate
from ..core.evaluation.gather import row_name
from ..core.evaluation.model import INPUTS
from ..core.progress import SILENT, Progress
from ..core.standard import Edition
from ..core.surveychecks import check_survey
from .checkrows import read_case
from .dossierfiles import Shown, file_digest, picture_of, survey_digest, words_of
from .printing.surveys import forms_of, printed_sheets
from .schema import store_schema
from .store import GpkgStore
from .surveyevaluation import findings, read_survey

PHOTOS = "photos"
MEASURES = "measures"
_NOON = dt.time(12, tzinfo=dt.timezone.utc)


class Asked(NamedTuple):
    """What the dossier is asked for: the edition in force, the type, the date, the county."""

    edition: Edition
    type: str
    date: dt.date
    county: Optional[County] = None


def read_contents(store: GpkgStore, asked: Asked, progress: Progress = SILENT) -> Contents:
    """Everything of a dossier but its figures, quantities and cards; the store is only read."""
    reading = read_survey(store, asked.edition, asked.date, asked.county, progress=progress)
    # the moment of every value is the evaluation's day: a dossier built twice must be the same
    given = replace(reading.given, made_at=dt.datetime.combine(asked.date, _NOON), made_by="qingliu:dossier")
    progress.stage("evaluate", 1)
    found = evaluate(given, [asked.type], asked.edition)
    checks = check_survey(read_case(store, asked.edition, asked.type, day=asked.date), progress=progress)
    proofs = tuple(read_evidence(store, found, given))
    meta = store.meta()
    return Contents(
        edition=asked.edition,
        type=asked.type,
        date=asked.date,
        version=plugin_version(),
        meta=meta,
        given=given,
        evaluation=found,
        county=given.county,
        sheets=[s for form in forms_of(store).values() for s in printed_sheets(store, form)],
        findings=checks,
        evidence=proofs,
        files=[FileHash("调查库（全部表与图层的内容）", "内容", survey_digest(store)), *_hashes(proofs)],
        cards=cards_of(asked.edition, measures_of(store)),
        names=names_of(store, asked, found, given),
        layers={
            t.name: f"表 {t.table_id}" if t.table_id else t.zh for t in store_schema(asked.edition).values()
        },
        warnings=[*findings(reading), *acceptance_warnings(meta, asked.date)],
    )


def plugin_version() -> str:
    """The plugin's version as ``metadata.txt`` has it."""
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return parser.get("general", "version", fallback="?")


def measures_of(store: GpkgStore) -> list[str]:
    """Keys of the measures in the survey, one for each feature."""
    if MEASURES not in store.tables():
        return []
    return [str(row.values["measure"]) for row in store.rows(MEASURES) if row.values.get("measure")]


def acceptance_warnings(meta: Mapping[str, str], date: dt.date) -> list[Problem]:
    """An acceptance that is no date or lies after the evaluation."""
    text = meta.get("acceptance_date", "").strip()
    if not text:
        return []
    try:
        accepted = dt.date.fromisoformat(text)
    except ValueError:
        return [Problem("QL-DOSSIER-DATE", {"date": text})]
    if accepted > date:
        return [Problem("QL-DOSSIER-ORDER", {"accepted": text, "date": date.isoformat()})]
    return []


def write_acceptance(store: GpkgStore, given: Mapping[str, str]) -> None:
    """Keep the acceptance in the survey's facts; what is there already and not given stays.

    Raises InputError QL-DOSSIER-DATE where the date is none.
    """
    wanted = {key: text.strip() for key, text in given.items() if key in ACCEPTANCE and text.strip()}
    date = wanted.get("acceptance_date")
    if date is not None:
        try:
            dt.date.fromisoformat(date)
        except ValueError as error:
            raise InputError("QL-DOSSIER-DATE", date=date) from error
    meta = store.meta()
    changed: dict[str, str | None] = {k: v for k, v in wanted.items() if meta.get(k) != v}
    if changed:
        store.set_meta(changed, why="验收 acceptance")


# -- evidence ------------------------------------------------------------------
def read_evidence(store: GpkgStore, found: Evaluation, given: EvaluationInput) -> Iterator[Evidence]:
    """Evidence files of entries, photos of rows, photos that were removed; by path."""
    pieces = [*_of_inputs(given), *_of_photos(store, found, given)]
    for proof in sorted(pieces, key=lambda p: (p.numbers or (99,), p.path, p.row)):
        yield _looked_at(store.home.parent, proof)


def _of_inputs(given: EvaluationInput) -> Iterator[Evidence]:
    for row in given.inputs:
        if row.evidence:
            yield Evidence(
                _slashed(row.evidence), "evidence", THERE, (row.number,), INPUTS, row.uuid, row.statement or "",
                row.person or "", row.date or "",
            )  # fmt: skip


def _of_photos(store: GpkgStore, found: Evaluation, given: EvaluationInput) -> Iterator[Evidence]:
    if PHOTOS not in store.tables():
        return
    there = set()
    for row in store.rows(PHOTOS):
        there.add(row.values.get("path"))
        yield _photo(row.values, THERE, found, given)
    for entry in store.changes_since(0, PHOTOS):
        path = entry.before.get("path")
        if entry.action == "delete" and path and path not in there:
            there.add(path)
            yield _photo(entry.before, DELETED, found, given)


def _photo(values: Mapping[str, Any], state: str, found: Evaluation, given: EvaluationInput) -> Evidence:
    table, row = str(values.get("table_name") or ""), str(values.get("row_uuid") or "")
    numbers = supported(found.register, given, table, row) if table and row else ()
    return Evidence(
        _slashed(str(values.get("path") or "")), "photo", state, numbers, table, row,
        str(values.get("note") or values.get("name") or ""), str(values.get("person") or ""),
        str(values.get("taken_at") or "")[:10],
    )  # fmt: skip


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


def _looked_at(folder: Path, proof: Evidence) -> Evidence:
    """The evidence with what its file says: hash, picture, text."""
    if proof.state != THERE:
        return proof
    home = folder.resolve()
    try:
        path = (home / proof.path).resolve()
    except (OSError, ValueError):  # no path at all: a NUL in it, or links in a ring
        return proof._replace(state=LOST)
    if home not in path.parents:
        return proof._replace(state=OUTSIDE)
    if not path.is_file():
        return proof._replace(state=LOST)
    shown: Shown = picture_of(path)
    return proof._replace(digest=file_digest(path), picture=shown.data, size=shown.size, words=words_of(path))


def _hashes(proofs: Sequence[Evidence]) -> list[FileHash]:
    known = {p.path: FileHash(p.path, "字节", p.digest) for p in proofs if p.digest}
    return [known[path] for path in sorted(known)]


# -- names, other people's tables -------------------------------------------------
def names_of(
    store: GpkgStore, asked: Asked, found: Evaluation, given: EvaluationInput
) -> dict[tuple[str, str], str]:
    """What the rows and features behind the numbers are called."""
    names = {
        (table, row.uuid): _labelled(row_name(row), asked.edition)
        for table, rows in given.tables.items()
        for row in rows
        if row_name(row) != row.uuid[:8]  # nobody knows it by that
    }
    wanted: dict[str, set[str]] = {}
    for value in found.register:
        for feature in value.features:
            if feature.uuid is not None and feature.role not in given.tables:
                wanted.setdefault(feature.role, set()).add(feature.uuid)
    for table, uuids in wanted.items():
        if table == INPUTS:
            names.update({(table, r.uuid): f"第 {r.number} 项 {r.key}" for r in given.inputs})
        elif table in store.tables():
            for row in store.rows(table, sorted(uuids)):
                names[(table, row.uuid)] = str(row.values.get("name") or row.uuid[:8])
    return names


def _labelled(name: str, edition: Edition) -> str:
    """A row that is known by its land use gets the land use's name."""
    codes = edition.codelists.get("land_use")
    item = codes.item(name) if codes else None
    return item.zh if item else name
