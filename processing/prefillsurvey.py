"""``qingliu:prefillsurvey``: every cell that a layer can fill, and never over an entered value (appendix A)."""

from __future__ import annotations

import uuid as uuids
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRasterLayer,
)

from ..core.errors import InputError, Problem
from ..core.prefill import Existing, Plan, decide
from ..core.prefill.plan import last_number, numbered
from ..core.standard import Edition, default_edition
from ..layers.records import ANY, LINE, POINT, POLYGON
from ..layers.store import Change, GpkgStore, Insert, Update, open_store
from .algorithm import QingliuAlgorithm
from .feedback import StageProgress
from .inputs import Inputs
from .landinput import add_landuse
from .prefillroles import FIELDS as FIELDS_OF
from .prefillroles import RASTERS, ROLES, SEVERAL
from .prefillrun import Run
from .results import write_table

STAGES = (
    ("read_features", 2.0), ("read_dem", 2.0), ("compile", 1.0), ("descent", 1.0), ("saddles", 1.0),
    ("passes", 0.5), ("fill", 0.5), ("directions", 1.0), ("flats", 1.0), ("inflows", 0.5),
    ("accumulation", 1.0), ("rim", 0.5), ("channels", 1.0), ("lines", 1.0), ("slope", 1.0), ("areas", 3.0),
    ("prefill_write", 2.0), ("write_features", 0.5),
)  # fmt: skip
FIELDS = (
    ("table", "text"), ("row_uuid", "text"), ("field", "text"), ("entered", "text"), ("computed", "text"),
    ("unit", "text"), ("source", "text"),
)  # fmt: skip
WHY = "prefillsurvey"
CHECKED = "checked"
_SOURCES = {
    POLYGON: QgsProcessing.SourceType.TypeVectorPolygon,
    LINE: QgsProcessing.SourceType.TypeVectorLine,
    POINT: QgsProcessing.SourceType.TypeVectorPoint,
    ANY: QgsProcessing.SourceType.TypeVectorAnyGeometry,
}


class PrefillSurvey(QingliuAlgorithm):
    """See ``resources/help/prefillsurvey.yaml``."""

    ID = "prefillsurvey"

    def define(self) -> None:
        """Parameters as CONTRACT names them."""
        behaviour = QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile("SURVEY", self.label("SURVEY"), behaviour, "gpkg"))
        self.add(QgsProcessingParameterRasterLayer("DEM", self.label("DEM"), optional=True))
        for role, (_, kind) in ROLES.items():
            if role == "LANDUSE":
                add_landuse(self)
            elif role == "OUTLET":
                self.add(QgsProcessingParameterPoint(role, self.label(role), optional=True))
            else:
                self._add_layer(role, _SOURCES[kind])
        for name in RASTERS[1:]:
            self.add(QgsProcessingParameterRasterLayer(name, self.label(name), optional=True))
        copy = QgsProcessingParameterBoolean("COPY_LAYERS", self.label("COPY_LAYERS"), False)
        self.add(copy)
        county = QgsProcessingParameterFile("COUNTY", self.label("COUNTY"), behaviour, "yaml", optional=True)
        self.add(county, advanced=True)
        table = QgsProcessing.SourceType.TypeVector
        self.add(QgsProcessingParameterFeatureSink("OUTPUT", self.label("OUTPUT"), table))
        self.addOutput(QgsProcessingOutputNumber("FILLED", self.label("FILLED")))
        self.addOutput(QgsProcessingOutputNumber("DIFFERENT", self.label("DIFFERENT")))
        self.addOutput(QgsProcessingOutputFile("SURVEY", self.label("SURVEY")))

    def _add_layer(self, role: str, kind: QgsProcessing.SourceType) -> None:
        """A layer, or several, with the fields that can be named of it."""
        if role in SEVERAL:
            self.add(QgsProcessingParameterMultipleLayers(role, self.label(role), kind, optional=True))
        else:
            self.add(QgsProcessingParameterFeatureSource(role, self.label(role), [kind], optional=True))
        for name in FIELDS_OF.get(role, ()):
            self.add(QgsProcessingParameterField(name, self.label(name), None, role, optional=True))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, measure, decide, save in one action, list."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        inputs.county()
        path, edition = inputs.text("SURVEY"), default_edition()
        with open_store(Path(path)) as store:
            inputs.warn(store.findings)
            if store.read_only:
                reason = "; ".join(p.code for p in store.findings) or "-"
                raise InputError("QL-STORE-READONLY", path=path, reason=reason)
            run = Run(inputs, store, edition, progress)
            lines = run.lines()
            locked = locked_tables(store)
            if any(line.table in locked for line in lines):
                inputs.warn([Problem("QL-PREFILL-LOCKED", {"tables": ", ".join(sorted(locked))})])
            plan = plan_of(store, edition, [line for line in lines if line.table not in locked])
            inputs.warn([_refused(entry) for entry in plan.refused])
            progress.stage("prefill_write", plan.filled)
            save(store, plan, run.copies)
        return {**self._results(inputs, plan, progress), "SURVEY": path}

    def _results(self, inputs: Inputs, plan: Plan, progress: StageProgress) -> dict[str, Any]:
        rows = [
            {
                "table": c.table, "row_uuid": c.row_uuid, "field": c.field, "entered": shown(c.entered),
                "computed": shown(c.computed), "unit": c.unit, "source": c.source,
            }
            for c in plan.listed
        ]  # fmt: skip
        columns = self.columns("OUTPUT", *FIELDS)
        output = write_table(self, inputs, "OUTPUT", columns, rows, progress)
        facts = {"filled": plan.filled, "different": plan.different, "rows": len(plan.inserts)}
        inputs.feedback.pushInfo(Problem("QL-PREFILL-DONE", facts).text())
        return {"OUTPUT": output, "FILLED": plan.filled, "DIFFERENT": plan.different}


def shown(value: Any) -> str | None:
    """A value as text for the list; whole numbers without a point."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return "、".join(str(v) for v in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _refused(entry: tuple[str, str, Any]) -> Problem:
    table, field, value = entry
    return Problem("QL-PREFILL-IMPOSSIBLE", {"table": table, "field": field, "value": f"{value:g}"})


def locked_tables(store: GpkgStore) -> set[str]:
    """Tables whose sheet has been checked: they are not written."""
    sheets = store.rows("sheet")
    return {str(r.values.get("table")) for r in sheets if r.values.get("state") == CHECKED}


def plan_of(store: GpkgStore, edition: Edition, lines: Any) -> Plan:
    """What to write, against the rows as they are now."""
    tables = {line.table for line in lines}
    rows = {(t, r.uuid): Existing(t, r.uuid, r.version, r.values) for t in tables for r in store.rows(t)}
    plan = decide(lines, rows, edition, ours=computed_before(store), new_uuid=uuids.uuid4)
    own: dict[str, list[Any]] = {t: [] for t in tables}
    for (table, _), row in rows.items():
        own[table].append(row.values.get("row_no"))
    numbered(plan, {t: last_number(numbers) for t, numbers in own.items()})
    return plan


def computed_before(store: GpkgStore) -> dict[str, Any]:
    """Computed values as written last, by value id."""
    found = {}
    for row in store.rows("provenance", where={"kind": "computed"}):
        value = row.values.get("value")
        found[str(row.values.get("value_id"))] = row.values.get("text") if value is None else value
    return found


def save(store: GpkgStore, plan: Plan, copies: Sequence[Insert] = ()) -> None:
    """Copied features and the whole plan in one transaction, after a backup; nothing where nothing changes."""
    sheets = {str(r.values.get("table")): r.uuid for r in store.rows("sheet")}
    columns = {name: {c.name for c in info.columns} for name, info in store.tables().items()}
    changes: list[Change] = list(copies)
    for table, uuid, values in plan.inserts:
        own = {**values, "sheet_uuid": sheets.get(table)}
        changes.append(Insert(table, {k: v for k, v in own.items() if k in columns[table]}, uuid=uuid))
    changes += [Update(row.table, row.uuid, row.version, values) for row, values in plan.updates]
    changes += _origins(store, plan)
    if changes:
        store.backup("prefill")
        store.save(changes, why=WHY)


def _origins(store: GpkgStore, plan: Plan) -> list[Change]:
    """Provenance of computed values: new ones, and those that changed."""
    known = {str(r.values.get("value_id")): r for r in store.rows("provenance", where={"kind": "computed"})}
    now = datetime.now(timezone.utc).replace(microsecond=0).isoformat()
    found: list[Change] = []
    for key, origin in plan.provenance.items():
        old = known.get(key)
        if old is None:
            found.append(Insert("provenance", {**origin, "value_id": key, "made_at": now}))
        elif any(old.values.get(k) != v for k, v in origin.items()):
            found.append(Update("provenance", old.uuid, old.version, {**origin, "made_at": now}))
    return found
