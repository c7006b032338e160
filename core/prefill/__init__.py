"""Which cells of the survey a program fills, and how an entered value stays what it is (appendix A).

:mod:`.model` has cells and lines, :mod:`.plan` decides what is written, :mod:`.formulas` turns areas and
counts into columns. Geometry is measured elsewhere.
"""

from __future__ import annotations

from .model import Cell, Existing, Line
from .plan import Listed, Plan, decide

__all__ = ["Cell", "Existing", "Line", "Listed", "Plan", "decide"]
