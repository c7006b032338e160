"""A survey store as the evaluation sees it: table rows with their years, entries, figures, county, evidence."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple

import yaml

from ..core.county import County, county_from
from ..core.data import load_yaml, parse_untrusted
from ..core.errors import InputError, Problem, problem
from ..core.evaluation import EvaluationInput, InputRow, TableRow
from ..core.evaluation.model import INPUTS, Located
from ..core.evaluation.reads import DATE_KEY, Touched
from ..core.evaluation.uncertainty import Accuracy
from ..core.progress import SILENT, Progress
from ..core.standard import Edition, default_edition, editions, open_edition
from .planar import geometry_of
from .replacing import replace
from .store import GpkgStore, LogEntry, Row
from .store.changelog import GEOMETRY_KEY, INSERT, META, OUTSIDE
from .surveyfigures import Figures, SurveyLayers, measure, survey_year

CASE_DATE_KEY = "EVALUATION_DATE"
VILLAGES = "villages"
NUMERIC = ("number", "integer")
ACCURACY_KEYS = ("line_error_m", "vertex_spacing_m", "class_error_pct")


class SurveyReading(NamedTuple):
    """What was read, and the figures with what must be said about them."""

    given: EvaluationInput
    figures: Figures


def read_survey(
    store: GpkgStore,
    edition: Edition,
    date: dt.date,
    county: County | None = None,
    accuracy: Accuracy = Accuracy(),  # noqa: B008 - immutable
    progress: Progress = SILENT,
) -> SurveyReading:
    """The whole survey. ``county`` goes before the profile kept in the store. Raises QL-EVAL-NOTNUMBER."""
    faults = not_numbers(store, edition)
    if faults:
        raise InputError(problems=faults)
    layers = SurveyLayers(store, edition)
    figures = measure(layers, edition, accuracy, progress)
    inputs = tuple(input_row(row, n) for n, row in enumerate(store.rows(INPUTS), start=1))
    given = EvaluationInput(
        date=date,
        tables=table_rows(store, edition),
        inputs=inputs,
        figures=figures.figures,
        estimates=estimated_cells(store),
        located={VILLAGES: tuple(villages_inside(layers))},
        county=county or stored_county(store, edition),
        lost_evidence=frozenset(
            r.evidence for r in inputs if r.evidence and not has_evidence(store, r.evidence)
        ),
    )
    return SurveyReading(given, figures)


def not_numbers(store: GpkgStore, edition: Edition) -> list[Problem]:
    """QL-EVAL-NOTNUMBER for every cell that must hold a number and holds words or bytes, which SQLite allows."""
    columns = {t.name: [c.key for c in t.columns if c.type in NUMERIC] for t in edition.tables.values()}
    columns[INPUTS] = ["number", "value", "year"]
    found = []
    for table, names in columns.items():
        if table not in store.tables():
            continue
        for number, row in enumerate(store.rows(table), start=1):
            for name in names:
                value = row.values.get(name)
                if value is not None and not isinstance(value, (int, float)):
                    facts = {"table": table, "row": number, "field": name, "value": repr(value)[:60]}
                    found.append(problem("QL-EVAL-NOTNUMBER", **facts))
    return found


def edition_of(store: GpkgStore) -> Edition:
    """The edition the survey was made by; the plugin's own where that one is not here."""
    folder = store.meta().get("edition_folder")
    default = default_edition()
    found = editions().get(folder or "")
    return default if found is None or found == default.folder else open_edition(found)


def table_rows(store: GpkgStore, edition: Edition) -> dict[str, list[TableRow]]:
    """Rows of the survey tables, each with the year of its sheet's survey date."""
    heads = store.rows("sheet")
    by_uuid = {h.uuid: survey_year(h) for h in heads}
    by_table = {str(h.values.get("table")): survey_year(h) for h in heads}
    found: dict[str, list[TableRow]] = {}
    for table in edition.tables.values():
        if table.name in store.tables():
            own = by_table.get(table.name)
            found[table.name] = [
                TableRow(own_id(r, n), r.values, by_uuid.get(str(r.values.get("sheet_uuid")), own))
                for n, r in enumerate(store.rows(table.name), start=1)
            ]
    return found


def own_id(row: Row, number: int) -> str:
    """The row's uuid; its place in the table where another program wrote it without one."""
    return row.uuid if row.values.get("uuid") else f"row-{number}"


def estimated_cells(store: GpkgStore) -> frozenset[tuple[str, str, str]]:
    """Cells of survey tables that hold an estimate: what ``provenance`` calls one, and nobody has changed since."""
    found = set()
    for row in store.rows("provenance", where={"kind": "estimate"}):
        table, uuid, field = (str(row.values.get(k) or "") for k in ("table_name", "row_uuid", "field"))
        cell = store.row(table, uuid) if uuid and table in store.tables() else None
        if cell is not None and cell.values.get(field) == row.values.get("value"):
            found.add((table, uuid, field))
    return frozenset(found)


def villages_inside(layers: SurveyLayers) -> Iterator[Located]:
    """The villages of the map inside the boundary (all where there is none): each asks for its rows."""
    areas = [geometry_of(r.wkb or b"") for r in layers.records("boundary")]
    for record in layers.records(VILLAGES):
        point = geometry_of(record.wkb or b"")
        if not areas or any(area.intersects(point) for area in areas):
            name = str(record.attributes.get("name") or "").strip()
            yield Located(str(record.attributes.get("uuid") or record.uuid), name or None)


def input_row(row: Row, place: int = 1) -> InputRow:
    """A row of ``indicator_input``."""
    values = row.values
    known: dict[str, Any] = {
        name: values.get(name) for name in InputRow._fields if name in values and name != "uuid"
    }
    number = values.get("number")
    known.update(number=int(number) if number is not None else 0, key=str(values.get("key") or "").strip())
    return InputRow(**{**known, "uuid": own_id(row, place)})


def has_evidence(store: GpkgStore, path: str) -> bool:
    """Whether an evidence path, relative to the survey's folder, leads to a file inside that folder."""
    folder = store.home.parent.resolve()
    target = (folder / path.replace("\\", "/")).resolve()
    return target.is_file() and folder in target.parents


def stored_county(store: GpkgStore, edition: Edition) -> County | None:
    """The county profile kept in the survey. Raises EditionError with its faults."""
    text = store.meta().get("county")
    if not text:
        return None
    try:
        raw: Any = parse_untrusted(text.encode("utf-8"))
    except yaml.YAMLError as error:
        raise InputError("QL-EVAL-COUNTY", reason=" ".join(str(error).split())) from error
    return county_from(raw, edition, "meta: county")


def evaluation_date(store: GpkgStore, asked: str, today: dt.date) -> dt.date:
    """The date asked for, else of the survey, of the case beside it, else today. Raises QL-EVAL-DATE."""
    for text in (asked, store.meta().get(DATE_KEY), case_date(store.home.parent)):
        if text:
            return parse_date(str(text))
    return today


def parse_date(text: str) -> dt.date:
    """An ISO date. Raises InputError QL-EVAL-DATE."""
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise InputError("QL-EVAL-DATE", date=text) from error


def case_date(folder: Path) -> str | None:
    """EVALUATION_DATE of a ``case.yaml`` in the folder, None where there is none."""
    path = folder / "case.yaml"
    if not path.is_file():
        return None
    try:
        raw = load_yaml(path)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise InputError("QL-EVAL-CASE", path=str(path), reason=" ".join(str(error).split())) from error
    parameters = raw.get("parameters") if isinstance(raw, dict) else None
    found = parameters.get(CASE_DATE_KEY) if isinstance(parameters, dict) else None
    return str(found) if found else None


def stated_accuracy(store: GpkgStore) -> Accuracy:
    """The errors of lines and classes that the survey states, none where it states none."""
    meta, base = store.meta(), Accuracy()
    line, vertex, share = (_number(meta.get(key)) for key in ACCURACY_KEYS)
    return Accuracy(
        base.line_m if line is None else line,
        base.vertex_m if vertex is None else vertex,
        base.class_share if share is None else share / 100,
    )


def _number(text: str | None) -> float | None:
    try:
        found = float(text) if text else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) and found >= 0 else None


def touched_since(store: GpkgStore, sequence: int) -> list[Touched]:
    """The rows that changed after ``sequence``, each with its values before the first and after the last change."""
    first: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in store.changes_since(sequence):
        first.setdefault((entry.table, entry.uuid), []).append(entry)
    return [_touched(store, table, uuid, entries) for (table, uuid), entries in first.items()]


def _touched(store: GpkgStore, table: str, uuid: str, entries: list[LogEntry]) -> Touched:
    if table == META:
        key = next(iter({**entries[0].before, **entries[0].after}), uuid)
        return Touched(
            META, key, {"value": entries[0].before.get(key)}, {"value": entries[-1].after.get(key)}
        )
    now = store.row(table, uuid) if table in store.tables() else None
    after: Mapping[str, Any] | None = now.values if now is not None else None
    if any(e.action == OUTSIDE for e in entries):
        return Touched(table, uuid, after, after, whole=True)
    before: dict[str, Any] | None = dict(after or {})
    for entry in reversed(entries):
        before = None if entry.action == INSERT else {**(before or {}), **entry.before}
    moved = any(GEOMETRY_KEY in {**e.before, **e.after} for e in entries)
    return Touched(table, uuid, before, after, whole=moved)


def findings(reading: SurveyReading) -> list[Problem]:
    """What must be said about the figures, each once."""
    seen: dict[str, Problem] = {}
    for warning in reading.figures.warnings:
        seen.setdefault(warning.text("en"), warning)
    return list(seen.values())


def write_register(path: Path, text: str) -> Path:
    """The register as a JSON file, whole or not at all. Raises InputError QL-OUT-FOLDER, QL-OUT-WRITE."""
    if not path.parent.is_dir():
        raise InputError("QL-OUT-FOLDER", path=str(path), folder=str(path.parent))
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        replace(part, path)
    except OSError as error:
        raise InputError("QL-OUT-WRITE", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return path
