"""What the survey's checks find, gravest first; a line leads to the form and to the map (4.1.3, appendix A)."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ..core.errors import Cancelled
from ..core.surveychecks import SEVERITIES, Finding, check_survey
from ..layers.checkrows import read_case
from ..layers.store import BesideStore, Seat
from ..layers.surveyevaluation import edition_of
from .survey_needs import Place

translate = QCoreApplication.translate

_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_MOST = 300  # lines shown of one severity


class _Stop:
    """Checks stop where their task is given up."""

    def __init__(self, task: QgsTask) -> None:
        self.task = task

    def stage(self, name: str, count: int | None = None) -> None:
        self.step(0.0)

    def step(self, fraction: float) -> None:
        if self.task.isCanceled():
            raise Cancelled()


class Findings(NamedTuple):
    """What was found, and in how many rows of a table or layer."""

    found: Tuple[Finding, ...]


def find_faults(task: QgsTask, seat: Seat, type_: str) -> Findings:
    """Run the survey's checks. Raises QingliuError."""
    with BesideStore(seat) as store:
        case = read_case(store, edition_of(store), type_)
    return Findings(tuple(check_survey(case, progress=_Stop(task))))


class FindingsView(QWidget):
    """The list; ``wanted`` carries the place of a line that was clicked."""

    wanted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("survey_findings_title")
        self.title.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setObjectName("survey_findings")
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.itemClicked.connect(self._clicked)
        self.tree.itemActivated.connect(self._clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.tree, 1)

    def say(self, words: str) -> None:
        """Words in place of the list."""
        self.tree.clear()
        self.title.setText(words)

    def show_findings(self, findings: Findings) -> None:
        """Show what was found, by severity."""
        self.tree.clear()
        counts = {s: sum(f.severity == s for f in findings.found) for s in SEVERITIES}
        words = translate("SurveyDock", "{} errors, {} warnings, {} notes. Click a line to go there.")
        none = translate("SurveyDock", "The checks found nothing wrong.")
        shown = words.format(*(counts[s] for s in SEVERITIES[:3]))
        self.title.setText(shown if any(counts.values()) else none)
        names = severity_names()
        for severity in SEVERITIES:
            own = [f for f in findings.found if f.severity == severity]
            if own:
                top = QTreeWidgetItem([f"{names[severity]} ({len(own)})"])
                top.addChildren(_lines(own))
                self.tree.addTopLevelItem(top)
                top.setExpanded(severity in ("error", "warning"))

    def _clicked(self, item: QTreeWidgetItem, column: int = 0) -> None:
        place = item.data(0, _ROLE)
        if place is not None:
            self.wanted.emit(place)


def _lines(findings: List[Finding]) -> List[QTreeWidgetItem]:
    made = []
    for finding in findings[:_MOST]:
        words = finding.problem.text()
        line = QTreeWidgetItem([words.partition(": ")[2] or words])
        line.setToolTip(0, f"{words}\n§ {finding.clause}")
        line.setData(0, _ROLE, Place(finding.table, finding.row_uuid or "", finding.field or "", None))
        made.append(line)
    more = len(findings) - len(made)
    if more > 0:
        made.append(QTreeWidgetItem([translate("SurveyDock", "… and {} more").format(more)]))
    return made


def severity_names() -> Dict[str, str]:
    """What the severities are called."""
    return {
        "error": translate("SurveyDock", "Errors"),
        "warning": translate("SurveyDock", "Warnings"),
        "note": translate("SurveyDock", "Notes"),
        "unknown": translate("SurveyDock", "Cannot be judged yet"),
    }
