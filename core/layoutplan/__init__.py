"""What a layout of measures amounts to: palette, quantities and cost, plots, schemes, maintenance (5.1.2, B.1, ch. 8).

Nouns are in :mod:`.model`; the subjects are :mod:`.palette` (what B.1 offers where), :mod:`.quantities` and
:mod:`.prices` (how much, at what cost, from which fund), :mod:`.plots` (图斑号 and the plot table),
:mod:`.schemes` (several layouts on one base), :mod:`.maintenance` and :mod:`.notices` (chapter 8 and signs).
Geometry is cut by ``layers.layoutplan``; nothing here knows QGIS.
"""

from __future__ import annotations
