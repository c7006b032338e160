"""What the survey's checks find, gravest first; a line leads to the form and to the map (4.1.3, appendix A)."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QTreeWidgetItem, QWidget

from ..core.surveychecks import SEVERITIES, Finding, check_survey
from ..layers.checkrows import read_case
from ..layers.store import BesideStore, Seat
from ..layers.surveyevaluation import edition_of
from .survey_places import Place, PlaceList, line
from .tasks import TaskProgress

translate = QCoreApplication.translate

_MOST = 300  # lines shown of one severity


class Findings(NamedTuple):
    """What was found, and in how many rows of a table or layer."""

    found: Tuple[Finding, ...]


def find_faults(task: QgsTask, seat: Seat, type_: str) -> Findings:
    """Run the survey's checks. Raises QingliuError."""
    with BesideStore(seat) as store:
        case = read_case(store, edition_of(store), type_)
    return Findings(tuple(check_survey(case, progress=TaskProgress(task, 1))))


class FindingsView(PlaceList):
    """The list of what was found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("survey_findings", parent)
        self.tree.setUniformRowHeights(True)

    def show_findings(self, findings: Findings) -> None:
        """Show what was found, by severity."""
        counts = {s: sum(f.severity == s for f in findings.found) for s in SEVERITIES}
        words = translate("SurveyDock", "{} errors, {} warnings, {} notes. Click a line to go there.")
        none = translate("SurveyDock", "The checks found nothing wrong.")
        shown = words.format(*(counts[s] for s in SEVERITIES[:3]))
        self.say(shown if any(counts.values()) else none)
        names = severity_names()
        for severity in SEVERITIES:
            own = [f for f in findings.found if f.severity == severity]
            if own:
                top = QTreeWidgetItem([f"{names[severity]} ({len(own)})"])
                top.addChildren(_lines(own))
                self.tree.addTopLevelItem(top)
                top.setExpanded(severity in ("error", "warning"))


def _lines(findings: List[Finding]) -> List[QTreeWidgetItem]:
    made = []
    for finding in findings[:_MOST]:
        words = finding.problem.text()
        place = Place(finding.table, finding.row_uuid or "", finding.field or "", None)
        made.append(line(words.partition(": ")[2] or words, place, f"{words}\n§ {finding.clause}"))
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
