"""The title block, typed once: who signs and which unit stays with the person, what the project is with the project."""

from __future__ import annotations

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QSettings
from qgis.PyQt.QtWidgets import QFormLayout, QLineEdit, QWidget

SETTINGS = "qingliu/figures"
SCOPE = "qingliu"
OF_PERSON = ("unit", "certificate", "approved", "ratified", "examined", "checked", "designed", "drawn")
OF_PROJECT = ("project", "stage", "discipline", "date")


class BlockForm(QWidget):
    """Twelve texts; ``values`` are those of :class:`..layouts.titleblock.TitleBlock`."""

    def __init__(self, project: QgsProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.edits: dict[str, QLineEdit] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        for key, title in self._titles().items():
            edit = QLineEdit()
            edit.setObjectName(f"figures_block_{key}")
            edit.editingFinished.connect(lambda k=key: self._keep(k))
            form.addRow(title, edit)
            self.edits[key] = edit
        self.edits["project"].setPlaceholderText(self.tr("By default the name of the watershed"))
        self.recall()

    def _titles(self) -> dict[str, str]:
        return {
            "project": self.tr("Project name"),
            "stage": self.tr("Design stage"),
            "discipline": self.tr("Discipline"),
            "date": self.tr("Date"),
            "unit": self.tr("Design unit"),
            "certificate": self.tr("Certificate number"),
            "approved": self.tr("Approved by"),
            "ratified": self.tr("Ratified by"),
            "examined": self.tr("Examined by"),
            "checked": self.tr("Checked by"),
            "designed": self.tr("Designed by"),
            "drawn": self.tr("Drawn by"),
        }

    def recall(self) -> None:
        """Show what is remembered of this person and this project."""
        settings = QSettings()
        for key in OF_PERSON:
            self.edits[key].setText(str(settings.value(f"{SETTINGS}/{key}", "") or ""))
        for key in OF_PROJECT:
            self.edits[key].setText(self.project.readEntry(SCOPE, f"figures/{key}", "")[0])

    def values(self) -> dict[str, str]:
        """The texts as they stand."""
        return {key: edit.text().strip() for key, edit in self.edits.items()}

    def _keep(self, key: str) -> None:
        text = self.edits[key].text().strip()
        if key in OF_PERSON:
            QSettings().setValue(f"{SETTINGS}/{key}", text)
        elif text != self.project.readEntry(SCOPE, f"figures/{key}", "")[0]:
            self.project.writeEntry(SCOPE, f"figures/{key}", text)
