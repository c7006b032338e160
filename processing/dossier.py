"""``qingliu:dossier``: a survey as it is put before the water authority, three files and their hashes (3.0.8)."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..core import dossier, language
from ..core.dossier import Amount, Contents
from ..core.errors import InputError, Problem
from ..core.field.secrecy import Decision
from ..core.standard import default_edition
from ..layers.dossier import MEASURES, Asked, read_contents, write_acceptance
from ..layers.dossierfiles import copy_annex, write_sums
from ..layers.dossierpdf import write_pdf
from ..layers.dossierplan import beside
from ..layers.printing.files import whole
from ..layers.store import GpkgStore, open_store
from ..layers.surveyevaluation import edition_of, evaluation_date
from ..layouts.fonts import choose_font
from .algorithm import QingliuAlgorithm
from .dossierfigures import Atelier, Drawn
from .feedback import StageProgress
from .inputs import Inputs

STAGES = (
    ("read_survey", 3.0), ("evaluate", 1.0), ("survey_checks", 1.0), ("figures", 12.0), ("dossier_pages", 8.0),
    ("dossier_files", 2.0),
)  # fmt: skip
ACCEPTED = {
    "ACCEPTANCE_DATE": "acceptance_date",
    "ACCEPTANCE_DOCUMENT": "acceptance_document",
    "ACCEPTANCE_AUTHORITY": "acceptance_authority",
}
OWN_PROJECTS = ("figures/figures.qgz", "{survey}.qgz")
NAME = "dossier"


class Dossier(QingliuAlgorithm):
    """See ``resources/help/dossier.yaml``."""

    ID = "dossier"

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """In the main thread: layouts and Qt's type are not safe elsewhere."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self) -> None:
        """Parameters as CONTRACT names them; acceptance and decision are further ones."""
        file = QgsProcessingParameterFile
        kind = QgsProcessingParameterFile.Behavior.File
        self.add(file("SURVEY", self.label("SURVEY"), kind, "gpkg"))
        self.add(file("PROJECT", self.label("PROJECT"), optional=True, fileFilter="QGIS (*.qgz *.qgs)"))
        types = list(default_edition().types)
        self.add(
            QgsProcessingParameterEnum(
                "TYPE", self.label("TYPE"), types, optional=True, usesStaticStrings=True
            )
        )
        self.add(file("COUNTY", self.label("COUNTY"), kind, "yaml", optional=True))
        for name in ("EVALUATION_DATE", *ACCEPTED):
            self.add(QgsProcessingParameterString(name, self.label(name), "", optional=True))
        figures = QgsProcessingParameterEnum(
            "FIGURES", self.label("FIGURES"), list(default_edition().figures), True, None, True, True
        )
        self.add(figures, advanced=True)
        allow = QgsProcessingParameterBoolean("ALLOW_MARKED", self.label("ALLOW_MARKED"), False)
        self.add(allow, advanced=True)
        for name in ("DECIDED_BY", "DECISION_REASON"):
            text = QgsProcessingParameterString(name, self.label(name), "", optional=True)
            self.add(text, advanced=True)
        self.add(QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", self.label("OUTPUT_FOLDER")))
        for name in ("HTML", "PDF", "TEXT", "SURVEY"):
            self.addOutput(QgsProcessingOutputFile(name, self.label(name)))
        self.addOutput(QgsProcessingOutputString("VERDICT", self.label("VERDICT")))
        for name in ("PAGES", "UNPROVEN"):
            self.addOutput(QgsProcessingOutputNumber(name, self.label(name)))

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, evaluate, check, draw, write; of the survey only acceptance and decision are written."""
        inputs = Inputs(self, parameters, context, feedback)
        progress = StageProgress(feedback, STAGES)
        with language.speaking("zh"), tempfile.TemporaryDirectory(prefix="qingliu-") as scratch:
            return _Run(inputs, progress, Path(scratch)).results()


def measured(drawn: Drawn) -> list[Amount]:
    """What the map of the layout amounts to, without zones."""
    return [Amount("", "", a.measure, a.unit, a.built, a.planned) for a in drawn.amounts]


class _Run:
    """One dossier of one survey."""

    def __init__(self, inputs: Inputs, progress: StageProgress, scratch: Path) -> None:
        self.inputs, self.progress, self.scratch = inputs, progress, scratch
        self.survey = Path(inputs.text("SURVEY"))
        self.folder = Path(inputs.text("OUTPUT_FOLDER"))
        self.decision = self._decision()

    def results(self) -> dict[str, Any]:
        inputs = self.inputs
        county = inputs.county()
        inputs.settle()
        self._make_folder()
        self._keep_acceptance()
        font = choose_font()
        inputs.warn(font.warnings)
        atelier = Atelier(self.survey, self._project(), self.decision, font.family, self.scratch)
        try:
            contents, drawn = self._contents(atelier, county)
            return self._write(contents, drawn, font.family)
        finally:
            atelier.close()

    # -- what is asked -------------------------------------------------------------
    def _decision(self) -> Optional[Decision]:
        if not self.inputs.flag("ALLOW_MARKED"):
            return None
        found = Decision(self.inputs.text("DECIDED_BY").strip(), self.inputs.text("DECISION_REASON").strip())
        if not found.by or not found.reason:
            self.inputs.faults.append(Problem("QL-DOSSIER-DECISION"))
        return found

    def _project(self) -> Optional[Path]:
        if self.inputs.given("PROJECT"):
            return Path(self.inputs.text("PROJECT"))
        names = [name.format(survey=self.survey.stem) for name in OWN_PROJECTS]
        return next((p for p in (self.survey.parent / name for name in names) if p.is_file()), None)

    def _figures(self) -> list[str]:
        """Keys of the figures asked for, all where none is."""
        asked = self.inputs.algorithm.parameterAsEnumStrings(
            self.inputs.parameters, "FIGURES", self.inputs.context
        )
        return [key for key in asked if key] or list(default_edition().figures)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("QL-OUT-WRITE", path=str(self.folder), reason=str(error)) from error

    def _keep_acceptance(self) -> None:
        given = {key: self.inputs.text(name) for name, key in ACCEPTED.items() if self.inputs.given(name)}
        if given:
            with open_store(self.survey) as store:
                write_acceptance(store, given)

    def _type(self, store: GpkgStore) -> str:
        edition = edition_of(store)
        given = self.inputs.choice("TYPE") if self.inputs.given("TYPE") else store.meta().get("type", "")
        if given not in edition.types:
            raise InputError("QL-STORE-TYPE", type=given, types=", ".join(edition.types))
        return given

    # -- contents --------------------------------------------------------------------
    def _contents(self, atelier: Atelier, county: Any) -> tuple[Contents, Drawn]:
        self.progress.stage("read_survey")
        with open_store(self.survey, read_only=True) as store:
            self.inputs.warn(store.findings)
            date = evaluation_date(store, self.inputs.text("EVALUATION_DATE"), dt.date.today())
            asked = Asked(edition_of(store), self._type(store), date, county)
            contents = read_contents(store, asked, self.progress)
            rows = store.rows(MEASURES) if MEASURES in store.tables() else []
            uuids = frozenset(row.uuid for row in rows)
            kinds = {
                r.uuid: (str(r.values.get("measure") or ""), str(r.values.get("name") or "")) for r in rows
            }
        drawn = atelier.draw(contents, self._figures(), self.progress)
        decisions = self._log_decision(drawn)
        taken = beside(self.survey.parent, measured(drawn), uuids, asked.edition)
        found = replace(
            contents,
            figures=drawn.sheets,
            files=[*contents.files, *drawn.files],
            amounts=taken.amounts,
            measures=kinds,
            layout_findings=taken.findings,
            warnings=[*contents.warnings, *drawn.warnings, *taken.warnings],
            decisions=decisions,
        )
        return found, drawn

    def _log_decision(self, drawn: Drawn) -> list[dossier.Decision]:
        if self.decision is None or not drawn.released:
            return []
        names = tuple(dict.fromkeys(m.name for m in drawn.released))
        text = f"{self.decision.by}：{self.decision.reason}（{'、'.join(names)}）"
        with open_store(self.survey) as store:
            if store.meta().get("dossier_released") != text:
                store.set_meta({"dossier_released": text}, who=self.decision.by, why=self.decision.reason)
        return [dossier.Decision(self.decision.by, self.decision.reason, names)]

    # -- files -------------------------------------------------------------------------
    def _write(self, contents: Contents, drawn: Drawn, font: str) -> dict[str, Any]:
        document = dossier.build(contents)
        pages = write_pdf(self.folder / f"{NAME}.pdf", document, font, drawn.pages, self.progress)
        self.progress.stage("dossier_files")
        with whole(self.folder / f"{NAME}.html") as part:
            part.write_bytes(dossier.html(document).encode("utf-8"))
        text = self.folder / f"{NAME}.docx"
        with whole(text) as part:
            part.write_bytes(dossier.docx(document))
        there = [p.path for p in contents.evidence if p.digest]
        annex = copy_annex(self.survey.parent, there, self.folder)
        write_sums(self.folder, [f"{NAME}.html", f"{NAME}.pdf", text.name, *annex])
        self._say(contents)
        states = [r.state for r in contents.evaluation.of(contents.type)]
        return {
            "HTML": str(self.folder / f"{NAME}.html"),
            "PDF": str(self.folder / f"{NAME}.pdf"),
            "TEXT": str(text),
            "SURVEY": str(self.survey),
            "OUTPUT_FOLDER": str(self.folder),
            "VERDICT": contents.evaluation.verdicts[contents.type],
            "PAGES": pages,
            "UNPROVEN": states.count("unproven"),
        }

    def _say(self, contents: Contents) -> None:
        """Everything that the dossier lacks, in the log too."""
        self.inputs.warn(list(contents.warnings))
        if not contents.accepted:
            lacks = "、".join(contents.lacking_acceptance)
            self.inputs.warn([Problem("QL-DOSSIER-PRELIMINARY", {"lacks": lacks})])
        for figure in contents.figures:
            if figure.withheld:
                facts = {"figure": figure.title, "layers": "、".join(figure.withheld)}
                self.inputs.warn([Problem("QL-DOSSIER-WITHHELD", facts)])
        for proof in contents.evidence:
            if proof.state != "there":
                numbers = "、".join(str(n) for n in proof.numbers) or "—"
                facts = {"path": proof.path, "numbers": numbers}
                self.inputs.warn([Problem("QL-DOSSIER-EVIDENCE", facts)])
