"""What the pages of the layout dock show after each edit: findings, bill, unused ■, card, schemes, labels."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from qgis.core import (
    QgsApplication,
    QgsGeometry,
    QgsPalLayerSettings,
    QgsTask,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QSettings
from qgis.PyQt.QtWidgets import QInputDialog, QWidget

from ..core.errors import Cancelled, QingliuError
from ..core.language import current
from ..core.layoutplan.palette import unused_major
from ..core.siting.model import Confirmation, Finding
from ..core.standard import text
from ..layers.layoutplanschemes import SchemeBook, SchemeHead
from .layout_boards import BoardDialog, board_of, has_board
from .layout_compare import (
    CURRENT,
    Comparison,
    Made,
    book_path,
    compared,
    features_of,
    made_of,
    merged,
)
from .layout_desk import LayoutDesk
from .layout_findings import ask_signature
from .layout_notes import UNUSED
from .layout_panel import LayoutPanel
from .layout_schemes import next_name
from .tasks import task_of

SETTINGS = "qingliu/layout"
GROW = 1.6


class LayoutReview(QObject):
    """Fills the pages and does what their buttons ask."""

    def __init__(
        self, desk: LayoutDesk, panel: LayoutPanel, canvas: QgsMapCanvas | None, window: QWidget
    ) -> None:
        super().__init__(window)
        self.desk = desk
        self.panel = panel
        self.canvas = canvas
        self.window_ = window
        self.shown = ""  # uuid on the card
        self._tasks: List[QgsTask] = []
        self._listening: List[QgsVectorLayer] = []
        self._wire()

    def _wire(self) -> None:
        panel, desk = self.panel, self.desk
        desk.opened.connect(self._opened)
        desk.closed.connect(self._closed)
        desk.settled.connect(self.refresh)
        desk.edited.connect(lambda _: panel.schemes.mark_stale())
        panel.findings.zoom_wanted.connect(self.zoom)
        panel.findings.chosen.connect(self.show_card)
        panel.totals.unit_changed.connect(self.refresh)
        panel.totals.labels_wanted.connect(self._labels_wanted)
        panel.card.entered.connect(self._entered)
        panel.card.done_wanted.connect(self._care_done)
        panel.card.board_wanted.connect(self.open_board)
        schemes = panel.schemes
        schemes.keep_wanted.connect(self.ask_scheme)
        schemes.open_wanted.connect(self.work_on)
        schemes.delete_wanted.connect(self.delete_scheme)
        schemes.compare_wanted.connect(self.compare)
        schemes.merge_wanted.connect(self.merge)
        schemes.zoom_wanted.connect(self._zoom_parcel)

    # -- opening ----------------------------------------------------------
    def _opened(self) -> None:
        session = self.desk.session
        if session is None:
            return
        for layer in session.layers.values():
            layer.selectionChanged.connect(self._selected)
            self._listening.append(layer)
        self.panel.schemes.show_schemes(self._heads())
        self.panel.totals.labels.setChecked(str(QSettings().value(f"{SETTINGS}/labels", "false")) == "true")

    def _closed(self) -> None:
        self._listening.clear()
        self.shown = ""
        self.panel.card.show_nothing()
        self.panel.findings.show_findings({}, {}, str, self.panel.totals.area_unit)
        self.panel.schemes.comparison = None
        self.panel.schemes.show_schemes([])

    # -- the pages ----------------------------------------------------------
    def refresh(self) -> None:
        """Everything that follows from what is drawn."""
        session = self.desk.session
        if session is None:
            return
        check, unit = self.desk.check, self.panel.totals.area_unit
        self._numbers = self.desk.numbers()
        if check is not None:
            self.panel.findings.show_findings(
                check.findings, check.missing(), self.name_of, unit, check.lacks
            )
        self.panel.totals.show_bill(self.desk.ledger.bill(villages=self.panel.totals.villages.isChecked()))
        used = [r.measure for r in session.rows.values()]
        self.panel.palette_.show_used(used)
        unused = unused_major(self.desk.edition, self.panel.palette_.type_key, set(used))
        reasons = {of[0]: s for of, s in session.notes.all_signed(UNUSED).items()}
        self.panel.totals.show_unused(unused, reasons)
        self._show_labels()
        if self.shown:
            self.show_card(self.shown)

    _numbers: Mapping[str, str] = {}

    def name_of(self, uuid: str) -> str:
        """What a measure is called: its plot number and its name; without a uuid the layout as a whole."""
        if not uuid:
            return self.tr("Whole layout")
        session = self.desk.session
        row = session.rows.get(uuid) if session is not None else None
        if row is None or session is None:
            return uuid
        measure = self.desk.edition.measures.get(row.measure)
        own = session.notes.card(uuid).get("other_name", "")
        name = row.measure if measure is None else text(measure, "name")
        number = self._numbers.get(uuid, "")
        return f"{number} {own or name}".strip()

    def show_card(self, uuid: str) -> None:
        """The card of a measure."""
        session = self.desk.session
        row = session.rows.get(uuid) if session is not None else None
        if row is None or session is None:
            self.shown = ""
            self.panel.card.show_nothing()
            return
        self.shown = uuid
        findings = self.desk.check.findings.get(uuid, ()) if self.desk.check is not None else ()
        self.panel.card.show_measure(
            row, session.notes.card(uuid), findings, self.desk.rounds(uuid), self._numbers.get(uuid, "")
        )

    def open_board(self) -> BoardDialog | None:
        """The text of the board that the shown measure has; what is entered is kept on its card."""
        session, uuid = self.desk.session, self.shown
        row = session.rows.get(uuid) if session is not None else None
        if session is None or row is None or not has_board(row.measure, self.desk.edition):
            return None
        known, meta = session.notes.card(uuid), session.store.meta()
        measure = self.desk.edition.measures[row.measure]
        name = known.get("other_name") or str(row.values.get("name") or "") or text(measure, "name")
        bill = self.desk.ledger.bill(villages=False)
        dialog = BoardDialog(board_of(row.measure, name, known, meta, bill, self.desk.edition), self.window_)

        def keep() -> None:
            self._try(lambda: session.notes.fill_card(uuid, dialog.entries()))
            self.show_card(uuid)

        dialog.accepted.connect(keep)
        dialog.open()
        return dialog

    def _selected(self, *_: object) -> None:
        session = self.desk.session
        if session is None:
            return
        chosen = [(s, f) for s, layer in session.layers.items() for f in layer.selectedFeatureIds()]
        if len(chosen) == 1:
            found = (u for u, r in session.rows.items() if (r.shape, r.fid) == chosen[0])
            self.show_card(next(found, ""))

    def _entered(self, field: str, value: str) -> None:
        name = self.name_of(self.shown)
        self._try(lambda: self.desk.enter(self.shown, field, value, self.tr("Card of {}").format(name)))

    def _care_done(self, duty: str) -> None:
        uuid = self.shown
        title = self.tr("Maintenance done")
        signed = ask_signature(title, self.name_of(uuid), needs_reason=False, parent=self.window_)
        if signed is not None:
            self._try(lambda: self.desk.care_done(uuid, duty, signed))
            self.show_card(uuid)

    # -- the map ----------------------------------------------------------
    def zoom(self, finding: Finding) -> None:
        """Show the failing part, or the measure where there is none, and select the measure."""
        session = self.desk.session
        if session is None or self.canvas is None:
            return
        row = session.rows.get(finding.measure_uuid)
        part = QgsGeometry()
        if finding.failing is not None:
            part.fromWkb(finding.failing)
        elif row is not None:
            part = row.geometry
        if part.isNull():
            self.desk.told.emit(self.tr("This has no place of its own on the map."))
            return
        self._show(part)
        for shape, layer in session.layers.items():
            layer.selectByIds([row.fid] if row is not None and shape == row.shape else [])

    def _show(self, geometry: QgsGeometry) -> None:
        session = self.desk.session
        if self.canvas is None or session is None:
            return
        box = self.canvas.mapSettings().layerExtentToOutputExtent(
            next(iter(session.layers.values())), geometry.boundingBox()
        )
        if box.width() == 0 and box.height() == 0:
            box.grow(50 * self.canvas.mapUnitsPerPixel())
        box.scale(GROW)
        self.canvas.setExtent(box)
        self.canvas.refresh()
        self.canvas.flashGeometries([geometry], session.crs)

    def _zoom_parcel(self, parcel: Optional[str]) -> None:
        found = self.panel.schemes.comparison
        if found is None:
            return
        uuids = {
            p.item.uuid for facts in (found.first, found.second) for p in facts.parts if p.parcel == parcel
        }
        shapes = [
            made_of(f).geometry
            for facts in (found.first, found.second)
            for f in facts.features
            if f.uuid in uuids
        ]
        if shapes:
            self._show(QgsGeometry.collectGeometry(shapes))

    def _labels_wanted(self, wanted: bool) -> None:
        QSettings().setValue(f"{SETTINGS}/labels", "true" if wanted else "false")
        self._show_labels()

    def _show_labels(self) -> None:
        """``number/measure/size`` on every measure."""
        session = self.desk.session
        if session is None:
            return
        wanted = self.panel.totals.labels.isChecked()
        labels = (
            self.desk.ledger.labels(self._numbers, self.panel.totals.area_unit, current()) if wanted else {}
        )
        for layer in session.layers.values():
            if not wanted:
                if layer.labelsEnabled():
                    layer.setLabelsEnabled(False)
                    layer.triggerRepaint()
                continue
            settings = QgsPalLayerSettings()
            settings.fieldName = _label_expression(labels)
            settings.isExpression = True
            look = QgsTextFormat()
            look.setSize(9)
            look.buffer().setEnabled(True)
            settings.setFormat(look)
            layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
            layer.setLabelsEnabled(True)
            layer.triggerRepaint()

    # -- schemes ----------------------------------------------------------
    def _book(self) -> SchemeBook | None:
        session = self.desk.session
        return SchemeBook(book_path(session.store.home), session.crs) if session is not None else None

    def _heads(self) -> List[SchemeHead]:
        book = self._book()
        return self._try(book.heads) or [] if book is not None else []

    def ask_scheme(self) -> None:
        """Duplicate what is drawn as a scheme; its name is asked for."""
        name, yes = QInputDialog.getText(
            self.window_, self.tr("Duplicate as a scheme"), self.tr("Name"), text=next_name(self._heads())
        )
        if yes and name.strip():
            self.keep_scheme(name.strip())

    def keep_scheme(self, name: str) -> str:
        """Keep what is drawn under a name; its key."""
        book, session = self._book(), self.desk.session
        if book is None or session is None:
            return ""
        heads = self._heads()
        taken = {h.key for h in heads}
        key = next(k for n in range(1, len(heads) + 3) for k in [f"s{n}"] if k not in taken)
        who = session.store.who
        saved = self._try(
            lambda: book.save(SchemeHead(key, name, made_by=who, base=CURRENT), features_of(session))
        )
        if saved is None:
            return ""
        self.panel.schemes.show_schemes(self._heads())
        self.panel.schemes.choose_second(key)
        self.desk.told.emit(self.tr("{} kept with {} measures.").format(name, len(session.rows)))
        return key

    def delete_scheme(self, key: str) -> None:
        """Remove a scheme from the file."""
        book = self._book()
        if book is not None:
            self._try(lambda: book.delete(key))
            self.panel.schemes.show_schemes(self._heads())

    def work_on(self, key: str) -> None:
        """Draw what a scheme holds in place of what is drawn; one action that undo takes back."""
        book, session = self._book(), self.desk.session
        features = self._try(lambda: book.features(key)) if book is not None else None
        if features is None or session is None:
            return
        name = self.panel.schemes.name(key)
        self._take_over([made_of(f) for f in features], self.tr("Work on {}").format(name))
        self.desk.told.emit(self.tr("{} is drawn now: {} measures.").format(name, len(features)))

    def _take_over(self, made: Iterable[Made], title: str) -> None:
        session = self.desk.session
        found = list(made)
        if session is not None and session.take_over([(m.uuid, m.geometry, m.values) for m in found], title):
            for one in found:
                if one.card and dict(session.notes.card(one.uuid)) != one.card:
                    session.notes.fill_card(one.uuid, one.card)

    def _features(self, key: str) -> Any:
        session, book = self.desk.session, self._book()
        if session is None or book is None:
            return None
        return features_of(session) if key == CURRENT else self._try(lambda: book.features(key))

    def compare(self, first: str, second: str) -> None:
        """Work both schemes out in a task and show them side by side."""
        base, session = self.desk.base, self.desk.session
        if base is None or session is None:
            self.desk.told.emit(
                self.tr("Choose the layers on the page Layers first: schemes are compared on them.")
            )
            return
        one, other = self._features(first), self._features(second)
        if one is None or other is None:
            return
        confirmed: Dict[str, Mapping[str, Confirmation]] = {
            f.uuid: session.notes.confirmed(f.uuid) for f in (*one, *other)
        }

        def finished(error: BaseException | None, result: Comparison | None = None) -> None:
            self._tasks.remove(task)
            if error is not None and not isinstance(error, Cancelled):
                self.desk.told.emit(str(error))
            elif result is not None:
                self.panel.schemes.show_comparison(result, (first, second), self.panel.totals.area_unit)

        task = task_of(
            self.tr("Comparing schemes"), compared, on_finished=finished, first=one, second=other,
            ground=base.ground, bases=base.bases, edition=self.desk.edition, prices=self.desk.ledger.prices,
            confirmed=confirmed,
        )  # fmt: skip
        self._tasks.append(task)
        QgsApplication.taskManager().addTask(task)

    def merge(self, parcels: List[Optional[str]]) -> None:
        """Take some parcels from the second scheme; the result is what is drawn then."""
        found, base = self.panel.schemes.comparison, self.desk.base
        if found is None or base is None or not parcels:
            self.desk.told.emit(self.tr("Tick the parcels that are to be taken from the right."))
            return
        pair: Tuple[str, str] = self.panel.schemes.pair
        made = self._try(lambda: merged(found.first.features, found.second.features, base.bases, parcels))
        if made is not None:
            names = [self.panel.schemes.name(k) for k in pair]
            self._take_over(made, self.tr("Merge {} and {}").format(*names))
            self.desk.told.emit(
                self.tr("{0} parcels taken from {1}; undo takes it back.").format(len(parcels), names[1])
            )

    def _try(self, work: Any) -> Any:
        try:
            return work()
        except QingliuError as error:
            self.desk.told.emit(error.text())
            return None


def _label_expression(labels: Mapping[str, str]) -> str:
    """The label of a feature by its uuid; a constant map, so that QGIS evaluates it once a drawing."""
    if not labels:
        return "''"
    pairs = ",".join(f"{_quoted(u)},{_quoted(w)}" for u, w in sorted(labels.items()))
    return f'map_get(map({pairs}),"uuid")'


def _quoted(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "''") + "'"
