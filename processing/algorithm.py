"""What every Qingliu algorithm shares: texts, clauses, stages, errors.

Titles, descriptions and the help of each parameter in Chinese and English live
in ``resources/help/<id>.yaml``; the toolbox, the help panel and the docs read
the same file::

    title: {en: Stream survey, zh: 沟道调查}
    group: survey                  # a key of resources/help/groups.yaml
    clauses: ['4.3.1', '4.3.2']
    tags: [gully, channel, 沟道, goudao]
    summary: {en: …, zh: …}
    parameters:
      DEM: {label: {en: DEM, zh: DEM 高程}, help: {en: …, zh: …}}
    outputs:
      OUTPUT: {label: {en: …, zh: …}, fields: {channel_id: {en: …, zh: …}}}
"""

from __future__ import annotations

import sqlite3
import traceback
from contextlib import ExitStack
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from qgis.core import (
    Qgis,
    QgsCsException,
    QgsMessageLog,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon

from ..core import language
from ..core.data import RESOURCES, ROOT, load_yaml
from ..core.errors import Cancelled, InputError, Problem, QingliuError
from ..layers.crsthreads import meet_project
from ..layers.engine import warm
from ..layers.outputs import Column
from .checks import name_faults, parameter_faults, reaching_faults, unknown_parameters
from .encodings import settle_encodings
from .layerchecks import layer_faults, layers_elsewhere, layers_empty, layers_first, merged
from .leftovers import drop_empty, not_there_yet


@cache
def help_of(algorithm: str) -> dict[str, Any]:
    """The texts of an algorithm, from ``resources/help/<algorithm>.yaml``."""
    return load_yaml(RESOURCES / "help" / f"{algorithm}.yaml")


@cache
def _groups() -> dict[str, dict[str, str]]:
    return load_yaml(RESOURCES / "help" / "groups.yaml")


class QingliuAlgorithm(QgsProcessingAlgorithm):
    """Base of the algorithms: a subclass sets ``ID`` and writes ``define`` and ``work``."""

    ID: ClassVar[str] = ""
    KERNELS: ClassVar[bool] = False  # compiled kernels are fetched as soon as its dialog opens
    early: tuple[Problem, ...] = ()  # faults of the layers of this run that are known before its work
    fresh: tuple[Path, ...] = ()  # files that only this run can have made

    def define(self) -> None:
        """Add parameters and outputs (``self.add``)."""
        raise NotImplementedError

    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Do the work; QingliuError and Cancelled are turned into what QGIS expects."""
        raise NotImplementedError

    # -- texts -------------------------------------------------------------
    def label(self, key: str) -> str:
        """The label of a parameter or output in the language in force."""
        texts = help_of(self.ID)
        entry = texts["parameters"].get(key) or texts.get("outputs", {}).get(key) or {}
        return language.pick(entry.get("label", {})) or key

    def columns(self, output: str, *kinds: tuple[str, str]) -> list[Column]:
        """Fields of an output from (name, kind); their names for people are its ``fields`` texts."""
        texts = help_of(self.ID)["outputs"][output]["fields"]
        return [Column(name, kind, language.pick(texts[name])) for name, kind in kinds]

    def style(self, key: str) -> str:
        """Path of the style ``key`` of ``resources/styles``, empty where there is none."""
        path = RESOURCES / "styles" / f"{key}.qml"
        return str(path) if path.exists() else ""

    def add(self, parameter: QgsProcessingParameterDefinition, *, advanced: bool = False) -> None:
        """Add a parameter with its help and, where asked, the advanced flag."""
        entry = help_of(self.ID)["parameters"].get(parameter.name(), {})
        parameter.setHelp(language.pick(entry.get("help", {})))
        if advanced:
            flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
            parameter.setFlags(parameter.flags() | flag)
        self.addParameter(parameter)

    # -- QGIS's side -------------------------------------------------------
    def name(self) -> str:
        return self.ID

    def displayName(self) -> str:
        return language.pick(help_of(self.ID)["title"])

    def group(self) -> str:
        return language.pick(_groups()[self.groupId()])

    def groupId(self) -> str:
        return str(help_of(self.ID)["group"])

    def tags(self) -> list[str]:
        texts = help_of(self.ID)
        return [*texts.get("tags", []), texts["title"]["en"], texts["title"]["zh"]]

    def icon(self) -> QIcon:
        return QIcon(str(RESOURCES / "icons" / "qingliu.svg"))

    def shortHelpString(self) -> str:
        return help_html(self.ID)

    def helpUrl(self) -> str:
        page = ROOT / "docs" / "html" / language.current() / "algorithms" / f"{self.ID}.html"
        return page.as_uri() if page.exists() else ""

    def createInstance(self) -> QingliuAlgorithm:
        if self.KERNELS:
            warm()
        return type(self)()

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.define()

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        # All faults of a run come in one list with their codes, see parameter_faults; QGIS's own
        # check would stop at the first one with a sentence that has no code and no cure.
        return True, ""

    def parameterAsSink(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext, *what: Any
    ) -> tuple[Any, str]:
        """As QGIS's, but a destination that cannot be written is an InputError QL-OUT-SINK."""
        if self.early:  # nothing is written from layers that cannot be used, whoever overlooked them
            raise InputError(problems=list(self.early))
        self.fresh += not_there_yet(parameters.get(name), context)
        try:
            sink, destination = super().parameterAsSink(parameters, name, context, *what)
        except QgsProcessingException as error:
            goal = str(parameters.get(name))
            raise InputError("QL-OUT-SINK", output=name, destination=goal, reason=str(error)) from error
        if sink is None:
            raise InputError("QL-OUT-SINK", output=name, destination=str(parameters.get(name)), reason="-")
        return sink, str(destination)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        try:
            meet_project(context.project())  # here, in the main thread, CRSs last
        except MemoryError:  # the run will say so
            return True
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        no_memory = "QL-RUN-MEMORY"
        try:
            no_memory = keep_room()
            return self._run_told(parameters, context, feedback)
        except MemoryError as error:  # also of what would have said something else
            make_room(error)
            raise QgsProcessingException(no_memory) from None

    def _run_told(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """The run; what goes wrong is a QgsProcessingException with codes, lack of memory a MemoryError."""
        try:
            with ExitStack() as broken_off:
                broken_off.callback(lambda: drop_empty(self.fresh))
                results = self._run_checked(parameters, context, feedback)
                broken_off.pop_all()
            return results
        except Cancelled:
            return {}
        except QingliuError as error:
            told = QingliuError(problems=merged(self.early, error.problems))
            raise QgsProcessingException(told.text()) from error
        except (OSError, sqlite3.Error, *_UNEXPECTED) as error:
            raise QgsProcessingException(stranger(error).text()) from error

    def _run_checked(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """The work, once nothing is wrong with its values. Raises what ``work`` raises."""
        report_warnings(unknown_parameters(self, parameters), feedback)
        for faults_of in (name_faults, reaching_faults):  # before anything opens the layers
            faults = faults_of(self, parameters, context)
            if faults:
                raise InputError(problems=faults)
        report_warnings(settle_encodings(self, parameters, context), feedback)
        faults = parameter_faults(self, parameters, context)
        self.early = tuple(layer_faults(self, parameters, context))
        if faults:
            raise InputError(problems=faults)
        if not self.early:  # where layers lie that cannot be used says nothing
            report_warnings(layers_elsewhere(self, parameters, context), feedback)
        report_warnings(layers_empty(self, parameters, context), feedback)
        report_warnings(layers_first(self, parameters, context), feedback)
        return self.work(parameters, context, feedback)


# What a fault of our own would raise: said in one line with its place, the rest stands in the message log.
_UNEXPECTED = (
    QgsCsException,
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


_ROOM: list[bytearray] = []
_ROOM_BYTES = 4 * 2**20


def keep_room() -> str:
    """Memory that is given back when there is no more, so that it can be said, and the words it is said in."""
    if not _ROOM:
        _ROOM.append(bytearray(_ROOM_BYTES))
    return Problem("QL-RUN-MEMORY", {"reason": MemoryError.__name__}).text()


def make_room(error: MemoryError) -> None:
    """Give back the room, and with the frames of what failed all that they held."""
    _ROOM.clear()
    traceback.clear_frames(error.__traceback__)


def stranger(error: BaseException) -> Problem:
    """An exception that nobody foresaw as a problem with a code; its traceback goes to the message log."""
    reason = f"{type(error).__name__}: {error}"
    lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    QgsMessageLog.logMessage(lines, "Qingliu", Qgis.MessageLevel.Critical)
    if isinstance(error, OSError):
        return Problem(
            "QL-RUN-FILE", {"path": str(error.filename or "-"), "reason": str(error.strerror or error)}
        )
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return Problem("QL-RUN-UNEXPECTED", {"reason": reason, "place": place})


def help_html(algorithm: str) -> str:
    """The help panel: summary, parameters, outputs and clauses as HTML in the language in force."""
    texts = help_of(algorithm)
    zh = language.current() == "zh"
    parts = [f"<p>{escape(language.pick(texts['summary']))}</p>"]
    for title, section in (
        ("参数" if zh else "Parameters", "parameters"),
        ("输出" if zh else "Outputs", "outputs"),
    ):
        rows = [_row(entry) for entry in texts.get(section, {}).values()]
        if rows:
            parts.append(f"<h3>{title}</h3><ul>{''.join(rows)}</ul>")
    clauses = "、".join(str(c) for c in texts.get("clauses", []))
    if clauses:
        lead = "条文：SL/T 534（征求意见稿）" if zh else "Clauses of SL/T 534 (draft): "
        parts.append(f"<p>{lead}{escape(clauses)}</p>")
    return "".join(parts)


def _row(entry: dict[str, Any]) -> str:
    label = escape(language.pick(entry["label"]))
    text = escape(language.pick(entry.get("help", {})))
    return f"<li><b>{label}</b>{': ' + text if text else ''}</li>"


def report_warnings(warnings: list[Problem], feedback: QgsProcessingFeedback) -> None:
    """Show warnings in the log, each with its code."""
    for warning in warnings:
        feedback.pushWarning(warning.text())
