"""A made-up but plausible small watershed to practise on, with an answer key that follows from how it was
made.

The ground is raised over a flow tree by fluvial erosion, people and land use are laid on it, and every figure
of the answer key comes from what was planted, never from the code that the key is there to judge: nothing in
this package imports :mod:`core.terrain`, :mod:`core.evaluation` or their like.

Only +, -, *, / and square roots of IEEE numbers and a hash of integers are used on the way to a coordinate or
height, so a seed and :data:`VERSION` give the same watershed on every machine.
"""

from __future__ import annotations

VERSION = "4"
"""Raised whenever the same seed would give another watershed."""
