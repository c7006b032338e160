"""The terrain: how water runs over a DEM, cell by cell and channel by channel (4.3.1).

Per-cell grids: :mod:`.flow` (directions, depressions, flats), :mod:`.accumulation`
(drained area, catchments), :mod:`.relief` (slope, height above drainage). What is sparse
(channels, orders, profiles) stands in modules of its own.

Beyond memory (a county's 10^9 cells) the way is Barnes 2016 (Parallel priority-flood
depression filling / flow accumulation for trillion cell DEMs): tiles are worked on one by
one, each answers with what concerns its rim only (the passes between rim cells; for
accumulation, where each rim cell's water leaves and how much enters), the rims are joined in
one small graph in memory, and each tile is finished with the answer. The door is open
because the kernels take flat arrays and ranges of rows and never look beyond them, because
filling is a set of (cell, level) pairs and not a second DEM, because passes are a list of
(basin, basin, level) that can be merged across tiles, and because cell numbers are 64 bits
wide outside the grids.
"""
