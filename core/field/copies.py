"""One package on several devices: which of the states merged before a return goes on from (4.1.4).

A package's folder is copied onto two phones, or an older state of it is handed in once more. Compared with the
state merged last, all that this brought would look taken back. What a state had changed since packaging tells:
a return in which none of it stands is another copy, compared with the base of the packaging; one in which a
part stands may be either, so that what does not stand there is somebody's to decide.
"""

from __future__ import annotations

from typing import FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple

from .differences import CHANGED, CONFLICT, Difference, FieldKind, Rows, RowState, same_value

Tables = Mapping[str, Rows]


class Kinship(NamedTuple):
    """How a return stands to a state merged before.

    ``sure``: it holds a row made there; ``stands``, ``lacks``: how much of what was changed there it has and
    has not; ``doubtful``: table, row and field of what it has otherwise.
    """

    sure: bool
    stands: int
    lacks: int
    doubtful: FrozenSet[Tuple[str, str, str]]

    @property
    def goes_on(self) -> bool:
        """Whether the return may go on from that state."""
        return self.sure or self.stands > 0 or self.lacks == 0


def kinship(
    fields: Mapping[str, Sequence[FieldKind]], first: Tables, merged: Tables, theirs: Tables
) -> Kinship:
    """How ``theirs`` stands to ``merged``; ``first`` is the base of the packaging."""
    sure, stands, lacks = False, 0, 0
    otherwise: set[Tuple[str, str, str]] = set()
    for table, kinds in fields.items():
        before, after, now = (t.get(table, {}) for t in (first, merged, theirs))
        added, gone = set(after) - set(before), set(before) - set(after)
        sure = sure or bool(added & set(now))
        lacks += len(added - set(now)) + len(gone & set(now))
        stands += len(gone - set(now))
        for uuid in set(before) & set(after) & set(now):
            for name, is_there in _changes(kinds, before[uuid], after[uuid], now[uuid]):
                stands += is_there
                lacks += not is_there
                if not is_there:
                    otherwise.add((table, uuid, name))
    return Kinship(sure, stands, lacks, frozenset() if sure else frozenset(otherwise))


def _changes(
    kinds: Sequence[FieldKind], before: RowState, after: RowState, now: RowState
) -> list[Tuple[str, bool]]:
    return [
        (f.name, same_value(f.kind, after.value(f.name), now.value(f.name)))
        for f in kinds
        if not same_value(f.kind, before.value(f.name), after.value(f.name))
    ]


def nearest(found: Sequence[Kinship]) -> Optional[int]:
    """Which of the states a return goes on from, None where from none."""
    fitting = [(k.sure, k.stands, -k.lacks, -n) for n, k in enumerate(found) if k.goes_on]
    return -max(fitting)[3] if fitting else None


def in_doubt(
    differences: Sequence[Difference], doubtful: FrozenSet[Tuple[str, str, str]]
) -> list[Difference]:
    """The differences, those in doubt as conflicts."""
    return [
        d._replace(kind=CONFLICT) if d.kind == CHANGED and (d.table, d.row_uuid, d.field) in doubtful else d
        for d in differences
    ]
