"""The tools of the layout dock at work: drawn, assigned, carried, reshaped, split, deleted (5.1.2).

Every tool proposes before it makes; a proposal goes to the live check, what is made is one action.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from qgis.core import QgsGeometry, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.layoutplan.palette import Offer
from .layout_desk import LayoutDesk
from .layout_live import CANDIDATE
from .layout_other import Other, ask_other
from .layout_palette import offer_name
from .layout_panel import COPY, CORNER, DRAW, MOVE, PARCELS, LayoutPanel
from .layout_session import Placed
from .layout_tools import CarryTool, CornerTool, DrawTool, ParcelTool, parcels_within, split_along


class LayoutDrawing(QObject):
    """Puts tools on the map and makes what they drew."""

    told = pyqtSignal(str)
    picked = pyqtSignal(str)

    def __init__(
        self, desk: LayoutDesk, panel: LayoutPanel, canvas: QgsMapCanvas | None, name_of: Callable[[str], str]
    ) -> None:
        super().__init__(panel)
        self.desk = desk
        self.panel = panel
        self.canvas = canvas
        self.name_of = name_of
        self.edition = desk.edition
        self.ask_other: Callable[..., Other | None] = ask_other
        self.other: Other | None = None
        self.tell = self.told.emit
        self._tool: QgsMapTool | None = None
        self._tool_key = ""
        self._before_tool: QgsMapTool | None = None
        for key, button in panel.tools.items():
            button.clicked.connect(lambda on, k=key: self.take_tool(k) if on else self.drop_tool())
        panel.split_button.clicked.connect(lambda _: self.split_selected())
        panel.delete_button.clicked.connect(lambda _: self.delete_selected())
        panel.palette_.chosen.connect(self._picked)
        if canvas is not None:
            canvas.mapToolSet.connect(self._tool_set)

    # -- tools ----------------------------------------------------------
    def take_tool(self, key: str) -> None:
        """Put a tool on the map."""
        session, canvas = self.desk.session, self.canvas
        offer = self.panel.palette_.offer()
        if session is None or canvas is None:
            self.panel.check_tool(None)
            self.tell(self.tr("Open a survey or begin a new layout first."))
            return
        if key in (DRAW, PARCELS) and offer is None:
            self.panel.check_tool(None)
            self.tell(self.tr("Choose a measure of the palette first."))
            return
        tool = self._make_tool(key, canvas)
        if tool is None:
            self.panel.check_tool(None)
            return
        if self._tool is None:
            self._before_tool = canvas.mapTool()
        # the tool before lives until it has left the map: QGIS's digitizing panel holds on to it till then
        before, self._tool, self._tool_key = self._tool, tool, key
        canvas.setMapTool(tool)
        if before is not None:
            before.deleteLater()
        self.panel.check_tool(key)

    def _make_tool(self, key: str, canvas: QgsMapCanvas) -> QgsMapTool | None:
        session = self.desk.session
        if session is None:
            return None
        if key == DRAW:
            return self._draw_tool(canvas)
        if key == PARCELS:
            parcels = self.panel.sources.layers().get("PARCELS")
            if not isinstance(parcels, QgsVectorLayer):
                self.tell(self.tr("Choose the layer of parcels on the page Layers first."))
                return None
            tool = ParcelTool(canvas, parcels, session.crs)
            tool.proposed.connect(self._proposed)
            tool.drawn.connect(lambda g: self.place(g, split=False))
            tool.dropped.connect(self.desk.live.clear)
            return tool
        if key == CORNER:
            held: Any = CornerTool(canvas, lambda: session.rows, session.crs)
        else:
            held = CarryTool(canvas, lambda: session.rows, session.crs, copy=key == COPY)
        held.proposed_of.connect(self._proposed_of)
        held.made.connect(self._made)
        held.picked.connect(self.picked)
        held.dropped.connect(self.desk.live.clear)
        return held

    def _draw_tool(self, canvas: QgsMapCanvas) -> QgsMapTool | None:
        session = self.desk.session
        shape = self.panel.palette_.shape_key()
        layer = session.edit(shape) if session is not None else None
        if layer is None:
            self.tell(self.tr("The layout cannot be written: the survey is open for reading only."))
            return None
        tool = DrawTool(canvas, layer, shape)
        tool.proposed.connect(self._proposed)
        tool.drawn.connect(lambda g: self.place(g, split=self.panel.split_box.isChecked()))
        tool.dropped.connect(self.desk.live.clear)
        return tool

    def drop_tool(self) -> None:
        """Take our tool off the map."""
        tool, self._tool, self._tool_key = self._tool, None, ""
        if self.canvas is not None and tool is not None and self.canvas.mapTool() is tool:
            self.canvas.unsetMapTool(tool)
            tool.deleteLater()
            if self._before_tool is not None:
                self.canvas.setMapTool(self._before_tool)
        self._before_tool = None
        self.panel.check_tool(None)
        self.desk.live.clear()

    def _tool_set(self, new: QgsMapTool | None, old: QgsMapTool | None = None) -> None:
        """Somebody took another tool of QGIS."""
        if self._tool is not None and new is not self._tool and old is self._tool:
            self._tool, self._tool_key, self._before_tool = None, "", None
            old.deleteLater()
            self.panel.check_tool(None)
            self.desk.live.clear()

    def _picked(self) -> None:
        """Another measure: the tool at work draws that one."""
        self.other = None
        offer = self.panel.palette_.offer()
        if offer is not None and self.edition.measure(offer.measure).placeholder:
            self.other = self.ask_other(self.edition, offer, self.panel)
            if self.other is None:
                self.tell(
                    self.tr(
                        "An other measure needs a name, a unit and a clause: choose it again to enter them."
                    )
                )
        if self._tool_key in (DRAW, PARCELS):
            self.take_tool(self._tool_key)

    # -- drawing ----------------------------------------------------------
    def _measure(self) -> str:
        offer = self.panel.palette_.offer()
        return offer.measure if offer is not None else ""

    def _proposed(self, geometry: QgsGeometry) -> None:
        self.desk.live.propose(self._measure(), geometry)

    def _proposed_of(self, uuid: str, geometry: QgsGeometry) -> None:
        session = self.desk.session
        row = session.rows.get(uuid) if session is not None else None
        if row is not None and self.desk.check is not None:
            feature = self.desk.check.feature(row)
            facts = {} if self._tool_key == COPY else feature.attributes
            self.desk.live.propose(
                row.measure, geometry, uuid if self._tool_key != COPY else CANDIDATE, facts
            )

    def place(self, geometry: QgsGeometry, *, split: bool) -> List[str]:
        """Give the chosen measure to a geometry (layout CRS), split along parcels where that is set."""
        session, offer = self.desk.session, self.panel.palette_.offer()
        if session is None or offer is None:
            return []
        if self._lacks_other(offer):
            return []
        parts = self._parts(geometry) if split else [geometry]
        name = self.other.name if self.other is not None else offer_name(self.edition, offer)
        values: Dict[str, Any] = {"name": self.other.name} if self.other is not None else {}
        made = session.add(offer.measure, parts, self.tr("Draw {}").format(name), values)
        if self.other is not None:
            for uuid in made:
                session.notes.fill_card(uuid, self.other.card())
        self.desk.live.clear()
        if len(made) > 1:
            self.tell(self.tr("{} split into {} along the parcels.").format(name, len(made)))
        return made

    def _lacks_other(self, offer: Offer) -> bool:
        """An "other" measure without name, unit and clause is not placed."""
        if not self.edition.measure(offer.measure).placeholder:
            return False
        if self.other is None:
            self.other = self.ask_other(self.edition, offer, self.panel)
        return self.other is None

    def _parts(self, geometry: QgsGeometry) -> List[QgsGeometry]:
        session = self.desk.session
        parcels = self.panel.sources.layers().get("PARCELS")
        if session is None or not isinstance(parcels, QgsVectorLayer):
            self.tell(self.tr("Not split: choose the layer of parcels on the page Layers first."))
            return [geometry]
        return split_along(geometry, parcels_within(parcels, geometry, session.crs))

    def _made(self, uuid: str, geometry: QgsGeometry) -> None:
        """A measure was carried or its corner dragged."""
        session = self.desk.session
        row = session.rows.get(uuid) if session is not None else None
        if session is None or row is None:
            return
        name = self.name_of(uuid)
        if self._tool_key == COPY:
            own = {k: row.values.get(k) for k in ("name", "status", "receiving")}
            made = session.add(row.measure, [geometry], self.tr("Copy {}").format(name), own)
            session.notes.copy(uuid, made)
        else:
            words = self.tr("Move {}") if self._tool_key == MOVE else self.tr("Reshape {}")
            session.replace(uuid, [geometry], words.format(name))
        self.desk.live.clear()

    def selected(self) -> List[Placed]:
        """The measures that are selected on the map."""
        session = self.desk.session
        if session is None:
            return []
        chosen = {(s, f) for s, layer in session.layers.items() for f in layer.selectedFeatureIds()}
        return [r for r in session.rows.values() if (r.shape, r.fid) in chosen]

    def split_selected(self) -> None:
        """Split the selected measures along the parcels, each as one action."""
        session = self.desk.session
        rows = self.selected()
        if session is None or not rows:
            self.tell(self.tr("Select measures on the map first."))
            return
        count = 0
        for row in rows:
            parts = self._parts(row.geometry)
            if len(parts) > 1:
                made = session.replace(row.uuid, parts, self.tr("Split {}").format(self.name_of(row.uuid)))
                session.notes.copy(row.uuid, made[1:])
                count += len(made)
        self.tell(
            self.tr("{} parts along the parcels.").format(count)
            if count
            else self.tr("Each lies in one parcel.")
        )

    def delete_selected(self) -> None:
        """Delete the selected measures."""
        session = self.desk.session
        uuids = [r.uuid for r in self.selected()]
        if session is None or not uuids:
            self.tell(self.tr("Select measures on the map first."))
            return
        gone = session.remove(uuids, self.tr("Delete {} measures").format(len(uuids)))
        self.tell(self.tr("{} measures deleted.").format(gone))
