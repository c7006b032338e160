"""CRSs that a thread met first: QGIS would lose them for everybody when the thread ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QThread

PACKAGE = Path(__file__).resolve().parent.parent.parent
CODE = "EPSG:32733"  # a zone that no other test knows


@pytest.fixture(autouse=True)
def unmet(qgis_app):
    """Nobody has met a CRS before the test, and nobody keeps a broken one after it."""
    QgsCoordinateReferenceSystem.invalidateCache()
    yield
    QgsCoordinateReferenceSystem.invalidateCache()


def used():
    """The CRS, looked at in the main thread."""
    found = QgsCoordinateReferenceSystem(CODE)
    assert definition(found)
    return found


def in_thread(work, meanwhile=used):
    """Run ``work`` in a thread that ends soon after it; what ``meanwhile`` gave before the end."""
    worked, over = threading.Event(), threading.Event()

    class Thread(QThread):
        def run(self):
            work()
            worked.set()
            over.wait(30)

    thread = Thread()
    thread.start()
    assert worked.wait(30)
    met = meanwhile()  # all seems well
    over.set()
    assert thread.wait(30_000)
    time.sleep(0.5)  # what belongs to a thread goes a moment after it
    return met


def definition(crs):
    """What is lost, while the CRS stays valid by name."""
    return crs.toWkt()


def test_a_crs_met_first_in_a_thread_is_lost_with_it_by_qgis(qgis_app):
    """The test below would prove nothing if QGIS did not lose them."""
    met = in_thread(lambda: QgsCoordinateReferenceSystem(CODE).bounds())
    assert met.isValid() and definition(met) == ""
    assert definition(QgsCoordinateReferenceSystem(CODE)) == ""


def test_a_crs_met_in_the_main_thread_before_stays_whole(qgis_app):
    from qingliu.layers.crsthreads import meet

    meet([CODE])
    met = in_thread(lambda: QgsCoordinateReferenceSystem(CODE).bounds())
    assert "UTM zone 33S" in definition(met) and not met.bounds().isEmpty()


def test_a_crs_that_was_lost_is_found_again(qgis_app):
    from qingliu.layers.crsthreads import meet

    in_thread(lambda: QgsCoordinateReferenceSystem(CODE).bounds())
    assert definition(QgsCoordinateReferenceSystem(CODE)) == ""
    meet([CODE])
    assert "UTM zone 33S" in definition(QgsCoordinateReferenceSystem(CODE))


def test_a_thread_itself_meets_nothing(qgis_app):
    from qingliu.layers.crsthreads import meet

    in_thread(lambda: meet([CODE]))
    assert "UTM zone 33S" in definition(QgsCoordinateReferenceSystem(CODE))


def test_an_algorithm_meets_the_crs_of_the_project_before_its_thread_does(provider, qgis_new_project):
    project = QgsProject.instance()
    project.addMapLayer(QgsVectorLayer(f"Point?crs={CODE}", "点", "memory"))
    QgsCoordinateReferenceSystem.invalidateCache()
    lost = []
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("qingliu:mapsheets")
    context = QgsProcessingContext()
    context.setProject(project)
    assert algorithm.prepare({}, context, QgsProcessingFeedback())
    lost.append(definition(QgsCoordinateReferenceSystem(CODE)))
    assert "UTM zone 33S" in lost[0]


def test_the_crs_of_chinese_data_are_met_while_qgis_settles(qgis_app):
    from qingliu.layers.crsthreads import of_china

    met = list(of_china())
    assert {"EPSG:4490", "EPSG:4547", "EPSG:2382", "EPSG:2438"} <= set(met) and len(met) == len(set(met))
    assert all(QgsCoordinateReferenceSystem(name).isValid() for name in met)


def test_every_task_of_the_docks_is_made_in_the_one_place():
    direct = [
        p.name for p in sorted((PACKAGE / "ui").glob("*.py")) if "fromFunction(" in p.read_text("utf-8")
    ]
    assert direct == ["tasks.py"]
