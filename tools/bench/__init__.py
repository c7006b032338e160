"""The parts of ``make bench``: the DEM, the chains that are timed, and who times them."""
