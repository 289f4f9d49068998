"""How stable the verdicts are: the claims of two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerwise.claims.tests import CONTRADICTED, SUPPORTED

COLUMNS = ("change", "kind", "claims", "same", "reversed", "changed")
_IDENTITIES = {"never_above"}


def compare(
    change: str, first: Sequence[Mapping[str, str]], second: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Count the verdicts that stay the same in a second run.

    Parameters
    ----------
    change : str
        How the second run differs from the first, such as ``"other seeds"``.
    first, second : sequence of mapping
        Rows of the ``claims.csv`` of two runs; claims of only one of them are left out.

    Returns
    -------
    list of dict
        One row with the columns `COLUMNS` for tests that infer from a sample and one for identities: the number of
        claims, of equal verdicts and of those that turn from Supported to Contradicted or back, and the names of all
        that change.

    Raises
    ------
    ValueError
        If the runs have no claim in common.
    """
    verdicts = {row["claim"]: row["verdict"] for row in second}
    shared = [row for row in first if row["claim"] in verdicts]
    if not shared:
        raise ValueError(f"change '{change}': the two runs have no claim in common")
    rows = []
    for kind, identities in (("inference", False), ("identity", True)):
        chosen = [row for row in shared if (row["test"] in _IDENTITIES) == identities]
        changed = [row["claim"] for row in chosen if row["verdict"] != verdicts[row["claim"]]]
        opposite = [row for row in chosen if {row["verdict"], verdicts[row["claim"]]} == {SUPPORTED, CONTRADICTED}]
        numbers = (len(chosen), len(chosen) - len(changed), len(opposite))
        if chosen:
            rows.append(dict(zip(COLUMNS, (change, kind, *map(str, numbers), " ".join(changed)))))
    return rows
