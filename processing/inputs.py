"""Parameters to what core works on: every fault coded, and all faults of a run in one list."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, TypeVar

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureSource,
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProperty,
    QgsRasterLayer,
    QgsRectangle,
)

from ..core import language
from ..core.county import County, load_county
from ..core.errors import InputError, Problem, QingliuError
from ..core.progress import SILENT, Progress
from ..layers.datums import DatumShift
from ..layers.rasterfiles import RasterSource, raster_source
from ..layers.records import Record, Wanted, read_records
from .layerchecks import layers_elsewhere, merged, place_of

T = TypeVar("T")


class Inputs:
    """Reads the parameters of one run; faults are gathered until :meth:`settle`.

    ``algorithm`` is asked for values, ``parameters`` and ``context`` are QGIS's.
    """

    def __init__(
        self,
        algorithm: QgsProcessingAlgorithm,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        self.algorithm = algorithm
        self.parameters = parameters
        self.context = context
        self.feedback = feedback
        self.language = language.current()  # of whoever asked, also while a document speaks another
        self.faults: list[Problem] = []
        # Of the layers' headers, found before the work began; see :meth:`settle`.
        self.early: tuple[Problem, ...] = tuple(getattr(algorithm, "early", ()))
        self.shifts: tuple[DatumShift, ...] = ()

    def given(self, name: str) -> bool:
        """Whether the user gave something for an optional parameter."""
        return self.parameters.get(name) not in (None, "")

    def attempt(self, work: Callable[[], T]) -> T | None:
        """``work()``, or None with its problems kept for :meth:`settle`."""
        try:
            return work()
        except QingliuError as error:
            self.faults.extend(error.problems)
            return None

    def must(self, work: Callable[[], T]) -> T:
        """``work()``; its problems and all met before are raised together."""
        found = self.attempt(work)
        self.stop()
        if found is None:
            raise ValueError("the work gave nothing")
        return found

    def stop(self) -> None:
        """Raise InputError where a fault was met without which nothing more can be found out."""
        if self.faults:
            raise InputError(problems=merged(self.early, self.faults))

    def settle(self) -> None:
        """Raise InputError with every fault met so far, those of the layers' headers first, if there is one."""
        if self.faults or self.early:
            raise InputError(problems=merged(self.early, self.faults))

    def warn(self, warnings: list[Problem] | tuple[Problem, ...]) -> None:
        """Show warnings, each with its code, in the log."""
        for warning in warnings:
            self.feedback.pushWarning(warning.text(self.language))

    def warn_elsewhere(self, crs: QgsCoordinateReferenceSystem, box: QgsRectangle, title: str) -> None:
        """Warn of layers that lie far from a survey's own boundary (``box`` in ``crs``)."""
        place = place_of("SURVEY", title, crs, box)
        if place is not None:
            self.warn(layers_elsewhere(self.algorithm, self.parameters, self.context, place))

    # -- values --------------------------------------------------------------
    def number(self, name: str) -> float:
        """A number parameter."""
        return float(self.algorithm.parameterAsDouble(self.parameters, name, self.context))

    def flag(self, name: str) -> bool:
        """A yes/no parameter."""
        return bool(self.algorithm.parameterAsBool(self.parameters, name, self.context))

    def choice(self, name: str) -> str:
        """The key chosen in an enumeration with static strings."""
        return str(self.algorithm.parameterAsEnumString(self.parameters, name, self.context))

    def text(self, name: str) -> str:
        """A text or field name, empty where not given."""
        return str(self.algorithm.parameterAsString(self.parameters, name, self.context) or "")

    # -- layers --------------------------------------------------------------
    def raster(self, name: str) -> RasterSource | str | None:
        """Where a raster lies: of a layer, or the path that was given where no layer opens."""
        if not self.given(name):
            return None
        layer = self.algorithm.parameterAsRasterLayer(self.parameters, name, self.context)
        if isinstance(layer, QgsRasterLayer) and layer.isValid():
            return raster_source(layer)
        value = self.parameters[name]
        if isinstance(value, QgsProperty):
            value = value.staticValue()
        if isinstance(value, QgsMapLayer) and not isinstance(value, QgsRasterLayer):
            raise InputError("QL-LAYER-NORASTER", parameter=name, layer=value.name())
        return str(value.source() if isinstance(value, QgsRasterLayer) else value)

    def is_raster(self, name: str) -> bool:
        """Whether a parameter that takes rasters and vectors alike was given a raster."""
        layer = self.algorithm.parameterAsLayer(self.parameters, name, self.context)
        return isinstance(layer, QgsRasterLayer)

    def title(self, name: str) -> str:
        """How the layer of a parameter is called, for messages."""
        layer = self.algorithm.parameterAsLayer(self.parameters, name, self.context)
        return layer.name() if layer is not None else str(self.parameters.get(name))

    def label(self, name: str) -> str:
        """What a parameter is called in the dialog."""
        return str(self.algorithm.parameterDefinition(name).description())

    def source(self, name: str) -> QgsFeatureSource | None:
        """A vector source; a fault (QL-LAYER-NOVECTOR) where it cannot be opened."""
        if not self.given(name):
            return None
        found = self.algorithm.parameterAsSource(self.parameters, name, self.context)
        if found is None:
            value = str(self.parameters[name])
            facts = {"parameter": name, "layer": Path(value.split("|")[0]).name, "path": value}
            self.faults.append(Problem("QL-LAYER-NOVECTOR", facts))
        return found

    def must_source(self, name: str) -> QgsFeatureSource:
        """A vector source that has to be there."""
        return self.must(lambda: self.source(name))

    def records(
        self,
        name: str,
        target: QgsCoordinateReferenceSystem,
        wanted: Wanted,
        *,
        first: QgsCoordinateReferenceSystem | None = None,
        progress: Progress = SILENT,
        told: bool = False,
    ) -> list[Record]:
        """The features of a vector parameter in ``target``; empty where it is not given or faulty.

        ``told``: the layer was read before and its warnings have been given.
        """
        source = self.source(name)
        if source is None:
            return []
        reading = self.attempt(
            lambda: read_records(
                source,
                target,
                name,
                wanted,
                algorithm=self.algorithm.name(),
                first=first,
                shifts=self.shifts,
                progress=progress,
            )
        )
        if reading is None:
            return []
        if not told:
            self.warn(reading.warnings)
        return reading.records

    def county(self, name: str = "COUNTY") -> County | None:
        """The county profile; its datum parameters are used for all that is read afterwards."""
        path = self.text(name)
        if not path:
            return None
        found = self.attempt(lambda: load_county(Path(path)))
        if found is not None:
            self.shifts = found.datum
        return found

    def no_sink(self, output: str) -> None:
        """Raise InputError QL-OUT-SINK: the destination of ``output`` cannot be written."""
        facts = {"output": output, "destination": str(self.parameters.get(output)), "reason": "-"}
        self.faults.append(Problem("QL-OUT-SINK", facts))
        self.settle()
