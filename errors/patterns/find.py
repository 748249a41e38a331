"""Which sends fail more than they should: the smallest exact descriptions of what is beyond expectation."""

from __future__ import annotations

import numpy as np

from errors.patterns.chance import interval
from errors.patterns.counts import ATTRIBUTES, Counts
from errors.patterns.faults import Fault
from errors.patterns.pattern import DEFAULTS, Comparison, Found, Limits, Pattern
from errors.patterns.search import SAME, Search

LEAST_MEANT = 0.1  # failures; a lift over less than that would be a number without a meaning


def find(current: Counts, baseline: Counts | None = None, *, limits: Limits = DEFAULTS) -> Found:
    """The patterns of the current window, compared with the baseline or, without one, with the rest of itself.

    Rows of both may count one attempt or many; the answer is the same.
    """
    search = Search(current, baseline, limits)
    search.run()
    patterns = (_pattern(search, current, fault) for fault in search.faults)
    kept = [one for one in patterns if one.excess >= search.least and one.lift >= limits.min_ratio]
    return Found(
        tuple(sorted(kept, key=lambda pattern: -pattern.excess)),
        search.drift if search.has_baseline else 1.0,
        search.slices.looked_at,
        Comparison.BASELINE if search.has_baseline else Comparison.REST,
    )


def _pattern(search: Search, current: Counts, fault: Fault) -> Pattern:
    """A fault told with the numbers of all rows; the search may have seen only some."""
    plain = search.slices.codes(fault.index)
    inside = np.ones(len(current.attempts), bool)
    for name, code in plain.items():
        inside &= current.codes[name] == code
    counts = current.only(np.flatnonzero(inside))
    attempts, failures = int(counts.attempts.sum()), int(counts.failures.sum())
    rate, _ = search.rates.of(counts)
    meant = float((counts.attempts * rate).sum()) * search.drift * float(search.own[fault.index])
    same = _same(current, plain)
    both = plain | same
    words = {name: current.values[name][both[name]] for name in ATTRIBUTES if name in both}
    return Pattern(
        attributes=words,
        same_as={name: words[name] for name in words if name in same},
        error_code=_code(search, fault, meant),
        attempts=attempts,
        failures=failures,
        expected=meant,
        excess=failures - meant,
        lift=failures / max(meant, LEAST_MEANT),
        p_value=fault.p_value,
        interval=interval(failures, attempts),
    )


def _code(search: Search, fault: Fault, meant: float) -> str | None:
    """The code most above what is expected: the slice's expected failures, spread like those outside faults."""
    error, names = search.current.error, search.current.errors
    if error is None:
        return None
    here = np.bincount(error[fault.rows], search.f[fault.rows], len(names))
    failing = np.bincount(error, search.f * search.free(), len(names))
    above = here - meant * failing / max(failing.sum(), 1)
    above[[not name for name in names]] = 0
    best = int(above.argmax())
    return names[best] if above[best] > 0 else None


def _same(current: Counts, plain: dict[str, int]) -> dict[str, int]:
    """Values of other attributes that select (nearly) the same attempts as one of these."""
    same: dict[str, int] = {}
    for name, code in plain.items():
        rows = np.flatnonzero(current.codes[name] == code)
        n = current.attempts[rows]
        whole = n.sum()
        for other in ATTRIBUTES:
            if other in plain:
                continue
            codes, known = current.codes[other], current.values[other]
            inside = np.bincount(codes[rows], n, len(known))
            top = int(inside.argmax())
            if known[top] == "" or inside[top] < SAME * whole:
                continue
            if inside[top] >= SAME * (whole + current.attempts[codes == top].sum() - inside[top]):
                same[other] = top
    return same
