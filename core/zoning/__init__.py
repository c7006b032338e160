"""The three zones of a small watershed and why each piece of land is in which (3.0.4, 2.0.2-2.0.4, 5.2).

Rules are data (:mod:`.rules`), applied to cells (:mod:`.cells`) or parcels; belts along channels
and water are polygons. All lines meet on one lattice (:mod:`.lattice`, :mod:`.noding`), faces are
found between them (:mod:`.faces`), labelled, and dissolved (:mod:`.coverage`), so that zones share
every vertex bit for bit. The same faces tell what is wrong with zones edited by hand
(:mod:`.mending`).
"""
