"""What may be drawn here: the measures of table B.1 for the zone under the cursor and the type of watershed.

■ stands first, then ★, then the rows 其他 with what only a clause names (5.2, 5.3, B.1). The table is advice:
nothing is locked, a measure of another zone is reached by choosing that zone.
"""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

from qgis.PyQt.QtCore import QSettings, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPixmap
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.language import current
from ..core.layoutplan.palette import MAJOR, MINOR, SOUTH, STANDARD, Offer, palette
from ..core.standard import Edition, text
from ..layouts.measures import looks
from .clause_texts import unit_text

SETTINGS = "qingliu/layout"
OFFER = int(Qt.ItemDataRole.UserRole) + 1
FOLLOW, ALL = "follow", "all"
MARKS = {MAJOR: "■", MINOR: "★", None: ""}
SHAPE_OF_KIND = {"polygon": "Polygon", "line": "LineString", "point": "Point"}


class Palette(QWidget):
    """The offers, with the zone and type they are for; ``chosen`` tells which was picked."""

    chosen = pyqtSignal()
    settings_changed = pyqtSignal()

    def __init__(self, edition: Edition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edition = edition
        self.under: str | None = None  # the zone under the cursor
        self._shown: Tuple[Offer, ...] = ()
        self._used: Tuple[str, ...] = ()
        self._offer: Offer | None = None
        self._make()
        self._recall()
        self.type.currentIndexChanged.connect(self._changed)
        self.zone.currentIndexChanged.connect(self._changed)
        self.south.toggled.connect(self._changed)
        self.tree.currentItemChanged.connect(lambda *_: self._picked())
        self.refresh()

    def _make(self) -> None:
        self.type = QComboBox()
        self.type.setObjectName("layout_type")
        for key, named in self.edition.types.items():
            self.type.addItem(text(named), key)
        self.zone = QComboBox()
        self.zone.setObjectName("layout_zone")
        self.zone.addItem(self.tr("Follow the cursor"), FOLLOW)
        self.zone.addItem(self.tr("All zones"), ALL)
        for key, named in self.edition.zones.items():
            self.zone.addItem(text(named), key)
        self.here = QLabel()
        self.here.setObjectName("layout_here")
        self.south = QCheckBox(self.tr("South or water network: habitat measures in the channel zone too"))
        self.south.setObjectName("layout_south")
        self.south.setToolTip(self.tr("Remark of table B.1"))
        self.shape = QComboBox()
        self.shape.setObjectName("layout_shape")
        self._make_tree()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.tr("Type"), self.type)
        form.addRow(self.tr("Zone"), self.zone)
        form.addRow("", self.here)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self.south)
        column.addWidget(self.tree, 1)
        last = QFormLayout()
        last.addRow(self.tr("Drawn as"), self.shape)
        column.addLayout(last)

    def _make_tree(self) -> None:
        self.tree = QTreeWidget()
        self.tree.setObjectName("layout_palette")
        self.tree.setHeaderLabels([self.tr("Measure"), self.tr("Unit"), self.tr("Drawn")])
        self.tree.setUniformRowHeights(True)
        self.tree.setIconSize(QSize(14, 14))
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 70), (2, 55)):
            self.tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.tree.header().resizeSection(column, width)

    # -- settings ----------------------------------------------------------
    def _recall(self) -> None:
        kept = QSettings()
        self.south.setChecked(str(kept.value(f"{SETTINGS}/profile", STANDARD)) == SOUTH)
        self.zone.setCurrentIndex(max(0, self.zone.findData(kept.value(f"{SETTINGS}/zone", FOLLOW))))
        self.type.setCurrentIndex(max(0, self.type.findData(kept.value(f"{SETTINGS}/type", ""))))

    def _changed(self, *_: object) -> None:
        kept = QSettings()
        kept.setValue(f"{SETTINGS}/profile", self.profile)
        kept.setValue(f"{SETTINGS}/zone", self.zone.currentData())
        kept.setValue(f"{SETTINGS}/type", self.type_key)
        self.refresh()
        self.settings_changed.emit()

    @property
    def type_key(self) -> str:
        """The type of watershed."""
        return str(self.type.currentData())

    @property
    def profile(self) -> str:
        """Which reading of B.1's remark holds."""
        return SOUTH if self.south.isChecked() else STANDARD

    def set_type(self, key: str) -> None:
        """Take the type of the survey."""
        index = self.type.findData(key)
        if index >= 0:
            self.type.setCurrentIndex(index)

    # -- offers ----------------------------------------------------------
    def show_zone(self, zone: str | None) -> None:
        """The cursor lies in ``zone`` (None: in none that is known)."""
        if zone != self.under or not self.here.text():
            self.under = zone
            self.refresh()

    def wanted_zone(self) -> str | None:
        """The zone whose measures are listed, None for all."""
        choice = self.zone.currentData()
        if choice == FOLLOW:
            return self.under
        return None if choice == ALL else str(choice)

    def show_used(self, used: Sequence[str]) -> None:
        """Which measures the layout has; a count stands beside each."""
        self._used = tuple(used)
        counts: Dict[str, int] = {}
        for key in used:
            counts[key] = counts.get(key, 0) + 1
        for item in self._items():
            offer = item.data(0, OFFER)
            plain = offer.text is None
            item.setText(2, str(counts.get(offer.measure, "")) if plain else "")

    def refresh(self) -> None:
        """List the offers for zone, type and profile; what was picked stays picked where it is offered."""
        self._show_here()
        offers = palette(self.edition, self.wanted_zone(), self.type_key, self.profile)
        if offers == self._shown:
            return
        self._shown = offers
        self.tree.blockSignals(True)
        self.tree.clear()
        groups = {
            MAJOR: self.tr("■ main measures"),
            MINOR: self.tr("★ further measures"),
            None: self.tr("Other, and what only the text names"),
        }
        for mark, title in groups.items():
            self._add_group(mark, title, [o for o in offers if o.mark == mark])
        self._mark(self._offer)
        self.tree.blockSignals(False)
        self.show_used(self._used)

    def _add_group(self, mark: str | None, title: str, offers: Sequence[Offer]) -> None:
        if not offers:
            return
        top = QTreeWidgetItem([f"{title} ({len(offers)})"])
        top.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = top.font(0)
        font.setBold(True)
        top.setFont(0, font)
        self.tree.addTopLevelItem(top)
        top.setFirstColumnSpanned(True)
        for offer in offers:
            top.addChild(self._item(offer))
        top.setExpanded(True)

    def _item(self, offer: Offer) -> QTreeWidgetItem:
        measure = self.edition.measure(offer.measure)
        name = offer_name(self.edition, offer)
        units = ", ".join(dict.fromkeys(unit_text(q.unit) for q in measure.quantities))
        item = QTreeWidgetItem([f"{MARKS[offer.mark]} {name}".strip(), units, ""])
        item.setData(0, OFFER, offer)
        item.setIcon(0, swatch(offer.measure))
        item.setToolTip(0, self._hint(offer))
        return item

    def _hint(self, offer: Offer) -> str:
        measure = self.edition.measure(offer.measure)
        clauses = sorted({r.clause for r in measure.rules})
        if offer.text is not None:
            clauses = [offer.text.clause]
        lines = [offer_name(self.edition, offer), text(self.edition.zones[measure.zone])]
        if clauses:
            lines.append(self.tr("Clauses {}").format(", ".join(clauses)))
        if offer.moved:
            lines.append(self.tr("In this zone by the remark of table B.1"))
        return "\n".join(lines)

    def _show_here(self) -> None:
        if self.under is None:
            self.here.setText(self.tr("The cursor lies in no zone: all measures are listed."))
        else:
            self.here.setText(self.tr("Cursor: {}").format(text(self.edition.zones[self.under])))
        self.here.setVisible(self.zone.currentData() == FOLLOW)

    def _items(self) -> list[QTreeWidgetItem]:
        tops = map(self.tree.topLevelItem, range(self.tree.topLevelItemCount()))
        return [top.child(i) for top in tops for i in range(top.childCount())]

    # -- the choice ----------------------------------------------------------
    def offer(self) -> Offer | None:
        """What is picked; it stays picked while the cursor is in a zone that does not offer it."""
        return self._offer

    def choose(self, measure: str, text_zh: str = "") -> bool:
        """Pick a measure; False where it is not offered."""
        for item in self._items():
            offer = item.data(0, OFFER)
            named = offer.text.zh if offer.text is not None else ""
            if offer.measure == measure and named == text_zh:
                self.tree.setCurrentItem(item)
                return True
        return False

    def _mark(self, offer: Offer | None) -> None:
        same = (i for i in self._items() if offer is not None and _same(i.data(0, OFFER), offer))
        self.tree.setCurrentItem(next(same, None))

    def _picked(self) -> None:
        item = self.tree.currentItem()
        offer = item.data(0, OFFER) if item is not None else None
        if not isinstance(offer, Offer):
            return
        self._offer = offer
        self.shape.clear()
        names = {
            "polygon": self.tr("area"), "line": self.tr("line"), "point": self.tr("point"),
        }  # fmt: skip
        for kind in self.edition.measure(offer.measure).geometry:
            self.shape.addItem(names[kind], SHAPE_OF_KIND[kind])
        self.chosen.emit()

    def shape_key(self) -> str:
        """The shape to draw: "Polygon", "LineString" or "Point"; empty where nothing is picked."""
        return str(self.shape.currentData() or "")


def offer_name(edition: Edition, offer: Offer) -> str:
    """The name that an offer goes by in the interface's language."""
    if offer.text is not None:
        return offer.text.zh if current() == "zh" else offer.text.en
    return text(edition.measure(offer.measure), "name")


def _same(one: object, other: Offer) -> bool:
    """Whether two offers are the same measure; a zone that takes it in by the remark changes nothing."""
    return isinstance(one, Offer) and (one.measure, one.text) == (other.measure, other.text)


def swatch(measure: str) -> QIcon:
    """A small square in the measure's colour on the map."""
    picture = QPixmap(14, 14)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.fillRect(1, 1, 12, 12, QColor(looks().get(measure, {}).get("colour", "#888888")))
    painter.end()
    return QIcon(picture)
