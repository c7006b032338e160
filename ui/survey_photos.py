"""Photos of the row in the form: small pictures, direction and note; added and removed through the store (4.1.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsTask
from qgis.PyQt.QtCore import QCoreApplication, QObject, QSettings, Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QImage
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QListWidgetItem,
)

from ..layers.store import BesideStore, Delete, Row, Saved, Seat, Update, seat_of
from ..layers.surveyphotos import (
    TABLE,
    Owner,
    PhotoFiles,
    add_photos,
    file_of,
    photo_files,
    photos_of,
    thumbnail,
)
from .survey_desk import DIRECT_ROWS, Action, Desk
from .survey_photostrip import EDGE, NOWHERE, PhotoStrip, photo_item
from .survey_records import Records

translate = QCoreApplication.translate

READ_MS = 150
FOLDER_SETTING = "qingliu/survey/photo_folder"


class Picture(NamedTuple):
    """A photo as it is shown; ``image`` is null where its file is gone or unreadable."""

    row: Row
    image: QImage


class Photos(QObject):
    """Shows the photos of the row in the form and carries out what is done with them."""

    def __init__(self, desk: Desk, records: Records, strip: PhotoStrip) -> None:
        super().__init__(desk)
        self.desk = desk
        self.records = records
        self.strip = strip
        self.rows: Dict[str, Row] = {}
        self._owner = ""
        self._quiet = False
        self._facts_of = ""
        self._files: Optional[PhotoFiles] = None
        self._read_timer = desk.timer(READ_MS, self._read)
        records.shown.connect(self.show)
        desk.saved.connect(self._follow)
        desk.rights_changed.connect(self._enable)
        strip.add.clicked.connect(lambda _: self._ask_files())
        strip.remove.clicked.connect(lambda _: self.remove())
        strip.list.currentItemChanged.connect(lambda *_: self._show_facts())
        strip.list.itemActivated.connect(lambda item: self.open_file(self._uuid(item)))
        strip.direction.valueChanged.connect(lambda _: self._keep_facts())
        strip.note.editingFinished.connect(self._keep_facts)

    # -- showing -----------------------------------------------------------------
    def show(self, uuid: str) -> None:
        """Show the photos of a row; of none where ``uuid`` is empty."""
        self._owner = uuid
        self.strip.setVisible(bool(uuid))
        self._clear()
        self._show_facts()
        session = self.desk.session
        if session is None:
            self._files = None
        if not uuid or session is None:
            return
        rows = photos_of(session.store, uuid)
        self._set_title(len(rows))
        if not rows and self._files is not None:
            self._tell_files(self._files)
            return
        self._read_timer.start()

    def _read(self) -> None:
        """Read pictures and files of the row that the form rests on."""
        uuid, session = self._owner, self.desk.session
        if not uuid or session is None:
            return
        rows = photos_of(session.store, uuid)
        seat, home = seat_of(session.store), session.store.home
        self.desk.run(
            "photos", translate("SurveyDock", "Reading photos"), _pictures,
            lambda found: self._shown(uuid, *found), seat=seat, rows=rows, home=home,
        )  # fmt: skip

    def _clear(self) -> None:
        """No photos in the list; a note that is being typed stays until the list is there again."""
        self.rows = {}
        self.strip.list.blockSignals(True)
        self.strip.list.clear()
        self.strip.list.blockSignals(False)
        self.strip.notice.setVisible(False)

    def _set_title(self, count: int) -> None:
        words = translate("SurveyDock", "Photos of this row: {}") if count else translate(
            "SurveyDock", "No photos of this row yet."
        )  # fmt: skip
        self.strip.title.setText(words.format(count))
        for widget in (self.strip.list, self.strip.facts, self.strip.remove):
            widget.setVisible(count > 0)

    def _shown(self, uuid: str, pictures: Sequence[Picture], files: PhotoFiles) -> None:
        if uuid != self._owner:
            return
        current = self._uuid(self.strip.list.currentItem())
        self._clear()
        self._set_title(len(pictures))
        for row, image in pictures:
            self.rows[row.uuid] = row
            self.strip.list.addItem(photo_item(row, image))
        found = [i for i in self._items() if self._uuid(i) == current]
        self.strip.list.blockSignals(True)
        self.strip.list.setCurrentItem(found[0] if found else self.strip.list.item(0))
        self.strip.list.blockSignals(False)
        self._tell_files(files)
        self._show_facts()

    def _items(self) -> List[QListWidgetItem]:
        return [self.strip.list.item(n) for n in range(self.strip.list.count())]

    def _tell_files(self, files: PhotoFiles) -> None:
        """Say which files are gone, and which belong to no row."""
        self._files = files
        words = []
        if files.missing:
            missing = translate("SurveyDock", "{} photos of the survey have lost their file: {}")
            words.append(missing.format(len(files.missing), _some(files.missing)))
        if files.orphans:
            orphans = translate("SurveyDock", "{} files under photos/ belong to no row: {}")
            words.append(orphans.format(len(files.orphans), _some(files.orphans)))
        self.strip.notice.setText("\n".join(words))
        self.strip.notice.setVisible(bool(words))

    def _follow(self, saved: Saved) -> None:
        if any(key.table == TABLE for key in saved.rows):
            self._files = None
            self._read_timer.start()

    @staticmethod
    def _uuid(item: Optional[QListWidgetItem]) -> str:
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def current(self) -> Optional[Row]:
        """The photo chosen in the list."""
        return self.rows.get(self._uuid(self.strip.list.currentItem()))

    def _show_facts(self) -> None:
        row = self.current()
        typing = self.strip.note.isModified() and row is not None and row.uuid == self._facts_of
        self._facts_of = row.uuid if row is not None else ""
        self._quiet = True
        direction = row.values.get("direction") if row is not None else None
        self.strip.direction.setValue(NOWHERE if direction is None else round(direction))
        if not typing:
            self.strip.note.setText(str(row.values.get("note") or "") if row is not None else "")
        self._quiet = False
        self._enable()

    def _enable(self) -> None:
        free = not self.desk.locked and not self.desk.busy and bool(self._owner)
        self.strip.add.setEnabled(free)
        for widget in (self.strip.remove, self.strip.direction, self.strip.note):
            widget.setEnabled(free and self.current() is not None)

    def open_file(self, uuid: str) -> None:
        """Show a photo in the system's viewer."""
        row, session = self.rows.get(uuid), self.desk.session
        path = file_of(session.store.home, row.values.get("path")) if row and session else None
        if path is not None and path.is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # -- doing -------------------------------------------------------------------
    def _ask_files(self) -> None:
        start = str(QSettings().value(FOLDER_SETTING, ""))
        chosen, _ = QFileDialog.getOpenFileNames(
            self.strip,
            translate("SurveyDock", "Add photos"),
            start,
            translate("SurveyDock", "Photos (*.jpg *.jpeg *.png *.tif *.tiff *.webp *.heic);;All files (*)"),
        )
        if chosen:
            QSettings().setValue(FOLDER_SETTING, str(Path(chosen[0]).parent))
            self.add([Path(p) for p in chosen])

    def add(self, files: Sequence[Path]) -> None:
        """Copy pictures beside the survey and link them to the row in the form, as one action."""
        session, cells = self.desk.session, self.desk.cells
        if session is None or cells is None or self.desk.locked or not files or not self._owner:
            return
        layers = session.layers(TABLE)
        crs = layers[0].crs() if layers else QgsCoordinateReferenceSystem()
        owner, person = Owner(cells.table.name, self._owner, crs), session.store.who

        def done(saved: Optional[Saved]) -> None:
            count = len(saved.rows) if saved is not None else 0
            self.desk.say(translate("SurveyDock", "{} photos added.").format(count))

        title = translate("SurveyDock", "Adding photos …")
        chosen = tuple(files)
        work = Action(title, lambda s: add_photos(s, chosen, owner, person), DIRECT_ROWS + len(files), done)
        self.desk.act(work)

    def remove(self) -> None:
        """Take the chosen photo out of the survey; its file stays, so that Undo brings it back."""
        row = self.current()
        if row is None or self.desk.locked:
            return

        def done(saved: Optional[Saved]) -> None:
            words = translate(
                "SurveyDock", "Photo removed; its file stays under photos/, Undo brings it back."
            )
            self.desk.say(words)

        change = Delete(TABLE, row.uuid, row.version)
        title = translate("SurveyDock", "Removing the photo …")
        self.desk.act(Action(title, lambda store: store.save([change], why="photo"), 1, done))

    def _keep_facts(self) -> None:
        """Direction and note of the chosen photo, where they were changed."""
        row = self.current()
        if row is None or self._quiet or self.desk.locked or self.desk.busy:
            return
        turned = self.strip.direction.value()
        given: Dict[str, Any] = {"note": self.strip.note.text().strip() or None}
        before = row.values.get("direction")
        shown = NOWHERE if before is None else round(before)
        if turned != shown:
            given["direction"] = None if turned == NOWHERE else float(turned)
        changed = {k: v for k, v in given.items() if v != row.values.get(k)}
        if not changed:
            return
        self.strip.note.setModified(False)
        change = Update(TABLE, row.uuid, row.version, changed)
        title, saved = translate("SurveyDock", "Saving …"), translate("SurveyDock", "Saved.")
        self.desk.act(
            Action(title, lambda store: store.save([change], why="photo"), 1, lambda _: self.desk.say(saved))
        )


def _pictures(
    task: QgsTask, seat: Seat, rows: Sequence[Row], home: Path
) -> Optional[Tuple[List[Picture], PhotoFiles]]:
    """Small pictures of the row's photos, and how files and rows of the whole survey agree."""
    found = []
    for row in rows:
        if task.isCanceled():
            return None
        path = file_of(home, row.values.get("path"))
        found.append(Picture(row, QImage() if path is None else thumbnail(path, EDGE)))
    with BesideStore(seat) as store:
        paths = [row.values.get("path") for row in store.rows(TABLE)]
    return found, photo_files(home, paths)


def _some(names: Sequence[str], most: int = 3) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" (+{more})" if more > 0 else "")
