"""Docks on a small screen: content is squeezed to its least, then scrolled, and never pushes the window."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QVBoxLayout, QWidget
from qingliu.ui.dock_frame import Fitting


def tall(height):
    content = QWidget()
    column = QVBoxLayout(content)
    words = QLabel("生态清洁小流域" * 60)
    words.setWordWrap(True)
    block = QWidget()
    block.setMinimumHeight(height)
    column.addWidget(words)
    column.addWidget(block)
    return content


def test_a_tall_dock_leaves_the_window_as_it_is_and_scrolls(qgis_app):
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    window.resize(1000, 500)
    window.show()
    dock = QDockWidget(window)
    dock.setWidget(Fitting(tall(900)))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    QApplication.processEvents()
    assert window.height() == 500
    assert dock.width() <= 0.46 * window.width()
    assert dock.widget().verticalScrollBar().maximum() > 0
    window.close()


def test_content_that_fits_fills_the_dock_without_a_scroll_bar(qgis_app):
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    window.resize(1000, 600)
    window.show()
    dock = QDockWidget(window)
    content = tall(50)
    dock.setWidget(Fitting(content))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    QApplication.processEvents()
    area = dock.widget()
    assert area.verticalScrollBar().maximum() == 0
    assert content.size() == area.viewport().size()
    window.close()
