"""Is the survey complete and free of contradictions (ch. 4, 3.0.2, 7.0.2, appendices A and C)?

The relations are data (``resources/checks/<edition>/*.yaml``, read by :mod:`.rules`); each names
one of the kinds of check in :mod:`.relations`, :mod:`.places`, :mod:`.inputs`, :mod:`.headers` and :mod:`.written`.
Constraints of single cells come from the edition's tables (:mod:`.cells`). Everything works on plain
rows; a check whose inputs are not there says nothing, or ``unknown`` where a clause needs them.
"""

from __future__ import annotations

from .model import SEVERITIES, Case, Finding, Row
from .rules import Check, load_checks
from .run import check_survey

__all__ = ["SEVERITIES", "Case", "Check", "Finding", "Row", "check_survey", "load_checks"]
