"""Which sends fail more than they should: the smallest exact descriptions of what is beyond expectation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors.patterns import expected as expecting
from errors.patterns.chance import discoveries, interval, upper_tail
from errors.patterns.counts import ATTRIBUTES, Counts
from errors.patterns.slices import Kept, Slices, alive

Floats = NDArray[Any]
Rows = NDArray[np.int64]
# How the chance that a fault adds goes with the odds to fail without it: alike for all, in between, in proportion.
SHAPES = (0.0, 0.5, 1.0)
SAME = 0.97  # slices that share this much of what they select (Jaccard) cannot be told apart
CLOSE = 6.0  # log likelihood by which one description may be better than another and mean nothing
FEWEST = 8.0  # expected failures of a value from which on its rate says how much rates scatter
NEW = 44.0  # how sure a value without history is taken to be like others: to 15 %, one over its square
PRIOR = 8.0  # expected failures before, that weigh as much as what a slice's values lead one to expect


@dataclass(frozen=True)
class Limits:
    """What counts as a pattern. `least_excess` is max(`min_excess`, `min_share` of the current attempts)."""

    min_excess: float = 30
    min_share: float = 0.0005
    min_ratio: float = 1.5
    false_discoveries: float = 0.01
    scatter: float = 0.05
    attributes: int = 3
    patterns: int = 8
    least_drift: float = 0.8
    most_drift: float = 1.25
    rows: int = 500_000

    def least_excess(self, attempts: float) -> float:
        return max(self.min_excess, self.min_share * attempts)


class Comparison(StrEnum):
    """What the current window was compared with."""

    BASELINE = "baseline"
    REST = "rest"


REMARKS = {
    Comparison.BASELINE: "Expected failures are those of the baseline window for the same traffic.",
    Comparison.REST: (
        "Compared with the rest of the same window, for want of a baseline: a value that has always "
        "failed more cannot be told from one that began to."
    ),
}


@dataclass(frozen=True)
class Pattern:
    """A slice of the current window that fails more than expected.

    `attributes` name -> value, those of `same_as` included: values of other attributes that select (nearly) the same
    attempts as one of the rest. `expected` failures are those of the same traffic without any fault, `excess` is
    failures minus expected, `lift` failures over expected. `interval` is that of the failure rate, 95 %.
    `p_value` is the chance to see so many failures beside the other patterns. `error_code` is the code most above
    what is expected, None where no code is known.
    """

    attributes: dict[str, str]
    same_as: dict[str, str]
    error_code: str | None
    attempts: int
    failures: int
    expected: float
    excess: float
    lift: float
    p_value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Found:
    """`patterns` by excess, largest first; `drift`, the factor by which all rates moved and that was absorbed;
    `tests`, how many slices were looked at."""

    patterns: tuple[Pattern, ...]
    drift: float
    tests: int
    compared_with: Comparison

    @property
    def remark(self) -> str:
        return REMARKS[self.compared_with]


@dataclass
class _Fault:
    """A slice on its way to being a pattern."""

    index: int
    rows: Rows
    shape: Floats  # how the chance to fail because of it differs from attempt to attempt
    size: float = 0.0
    p_value: float = 1.0

    @property
    def added(self) -> Floats:
        """The chance of each of its attempts to fail because of it."""
        return np.minimum(self.size * self.shape, expecting.HIGHEST_RATE)


def find(current: Counts, baseline: Counts | None = None, *, limits: Limits = Limits()) -> Found:
    return _Search(current, baseline, limits).found()


class _Search:
    def __init__(self, current: Counts, baseline: Counts | None, limits: Limits) -> None:
        self.whole, self.limits = current, limits
        current = self.current = current.thinned(limits.rows)
        self.n = current.attempts.astype(float)
        self.f = current.failures.astype(float)
        self.least = limits.least_excess(self.n.sum())
        if baseline is not None and baseline.attempts.sum() == 0:
            baseline = None
        self.kept = Kept.of(current, self.least)
        self.slices: Slices = alive(self.kept, self.f, self.least, limits.attributes)
        self.has_baseline = baseline is not None
        if not len(self.slices):
            return
        if baseline is not None:
            base = baseline.thinned(limits.rows).recoded(current.values)
            sizes = {name: len(base.values[name]) for name in ATTRIBUTES}
            rates = self.rates = expecting.learn(base, sizes)
            self.rate, doubt = rates.of(current)
            seen, meant = self.slices.sums(
                self.kept.like(base), base.failures.astype(float), base.attempts * rates.of(base)[0]
            )
        else:
            self.rates = expecting.flat(self.f.sum() / self.n.sum())
            self.rate, _ = self.rates.of(current)
            seen = meant = np.zeros(len(self.slices))
            doubt = np.zeros(len(self.n))
        self.attempts, self.failures, self.model, doubted = self.slices.sums(
            self.kept, self.n, self.f, self.n * self.rate, self.n * self.rate * doubt
        )
        self.own = (seen + PRIOR) / (meant + PRIOR)
        self.doubt = np.zeros(len(self.slices))
        if baseline is not None:
            worth = self.model / np.maximum(doubted, 1e-9)
            self.doubt = np.maximum(
                1 / (seen + np.where(meant < 1, np.maximum(worth, NEW), worth)),
                seen / (seen + PRIOR) ** 2,
            )
        orders = self.slices.orders()
        many = np.bincount(orders, minlength=limits.attributes + 1)
        self.cost = np.log(many[orders]) + 2.0 * orders
        self.drift = 1.0
        self.searching = True
        self.faults: list[_Fault] = []
        self.tried: set[int] = set()
        self.no = 1 - self.rate  # chance of each attempt not to fail

    # -- drift

    def _drift(self, free: NDArray[np.bool_]) -> float:
        """The factor by which failures moved outside known faults.

        While faults may be unknown yet, what moved least counts: a fault raises the rate of every value but leaves
        most values of its own attribute alone, so one attribute's median (weighed by expected failures) is clean.
        """
        n, f = (self.n * self.rate)[free], self.f[free]
        if n.sum() < 50:
            return self.drift
        moved = [(f.sum() + 50) / (n.sum() + 50)]
        for name in ATTRIBUTES if self.searching else ():
            codes, many = self.current.codes[name][free], len(self.current.values[name])
            meant = np.bincount(codes, n, many)
            if (meant >= 10).sum() >= 4:
                moved.append(_middle(np.bincount(codes, f, many) / np.maximum(meant, 1e-9), meant))
        return self._bounded(float(min(moved)))

    def _bounded(self, drift: float) -> float:
        if not self.has_baseline:
            return drift  # then it is the overall rate that is being looked for
        return float(np.clip(drift, self.limits.least_drift, self.limits.most_drift))

    # -- together

    def _refit(self) -> None:
        """Each attempt fails by its own chance or by any fault it is in: solve for all faults and the drift."""
        self.drift = self._drift(self._free())
        for _ in range(12):
            self.no = 1 - np.minimum(self.drift * self.rate, expecting.HIGHEST_RATE)
            for fault in self.faults:
                self.no[fault.rows] *= 1 - fault.added
            change = 0.0
            for fault in self.faults:
                rows = fault.rows
                without = self.no[rows] / (1 - fault.added)
                n = self.n[rows]
                could = float((n * without * fault.shape).sum())
                size = (float(self.f[rows].sum()) - float((n * (1 - without)).sum())) / max(could, 1e-9)
                size = max(size, 0.0)
                change = max(change, abs(size - fault.size) / max(size, 1e-9))
                fault.size = size
                self.no[rows] = without * (1 - fault.added)
            if change < 1e-3:
                break
        # Attempts of nearly the same chance to fail are alike when slices are compared.
        self.level = np.rint(8 * np.log(np.maximum(1 - self.no, 1e-6)) + 120).astype(np.int16)

    # -- candidates

    def _otherwise(self) -> tuple[Floats, Floats, Floats]:
        """For each slice: failures and expected failures to compare, and how many attempts stand for one there.

        Attempts that a known fault has hit say little about another one, so a slice is judged by its other
        attempts where it has enough of them, and else by all beside the known faults.
        """
        base = np.minimum(self.drift * self.rate, expecting.HIGHEST_RATE)
        own = (self.own - 1) * self.model * self.drift
        failures, meant = self.failures.copy(), self.model * self.drift + own
        share = np.ones(len(failures))
        if self.faults:
            hit = np.unique(np.concatenate([fault.rows for fault in self.faults]))
            rows, n = self.kept.where(hit), self.n[hit]
            covered, failed, could, beside = self.slices.sums(
                rows, n * (1 - base[hit]), self.f[hit], n * base[hit], n * (1 - self.no[hit])
            )
            free = 1 - covered / np.maximum(self.attempts - self.model * self.drift, 1e-9)
            judged = free >= 0.15
            share = np.where(judged, free, 1.0)
            failures = np.where(judged, failures - failed, failures)
            meant = np.where(judged, (meant - could), meant - could + beside)
        return failures, np.maximum(meant, 1e-9), share

    def _tested(self, failures: Floats, meant: Floats, share: Floats, scatter_is: float) -> NDArray[np.bool_]:
        scatter = np.sqrt(scatter_is**2 + self.doubt)
        enough = (failures - meant >= self.least * share) & (failures >= self.limits.min_ratio * meant)
        p = np.ones(len(meant))
        p[enough] = upper_tail(failures[enough], meant[enough], scatter[enough])
        stands = np.zeros(len(meant), bool)
        stands[enough] = discoveries(p[enough], self.limits.false_discoveries, len(meant))
        return stands

    def _scatter(self) -> dict[str, float]:
        """For each attribute how much the rates of its values moved apart, beyond chance, outside the faults.

        Relative standard deviation by moments, without the value that moved most: it may be a fault not found.
        """
        free = self._free()
        n, f = (self.n * (1 - self.no))[free], self.f[free]
        moved = {}
        for name in ATTRIBUTES:
            codes, many = self.current.codes[name][free], len(self.current.values[name])
            meant = np.bincount(codes, n, many)
            judged = meant >= FEWEST
            if judged.sum() < 8:
                continue
            meant, off = meant[judged], np.bincount(codes, f, many)[judged] - meant[judged]
            doubt = meant**2 * self.rates.doubt_of(name, many)[judged]
            weight = 1 / (meant + doubt)
            beyond = weight * (off**2 - meant - doubt)
            beyond[beyond.argmax()] = 0
            moved[name] = float(np.sqrt(max(0.0, beyond.sum() / (weight @ meant**2))))
        return moved

    def _rows(self, index: int) -> Rows:
        mask: Any = True
        for name, code in self.slices.kept_codes(index).items():
            mask = mask & (self.kept.codes[name] == code)
        return np.flatnonzero(mask)

    def _gains(self, rows: Rows) -> list[float]:
        """For each shape of a fault how much likelier one there makes the failures of these rows."""
        level, n, chance = self.level[rows], self.n[rows], 1 - self.no[rows]
        attempts = np.bincount(level, n)
        filled = attempts > 0
        mean = np.bincount(level, n * chance)[filled] / attempts[filled]
        return _gains(attempts[filled], np.bincount(level, self.f[rows])[filled], mean)

    def _gain(self, rows: Rows) -> float:
        return max(self._gains(rows))

    def _fault(self, index: int) -> _Fault:
        """A fault of the shape that fits best."""
        rows = self._rows(index)
        power = SHAPES[int(np.argmax(self._gains(rows)))]
        return _Fault(index, rows, _odds(1 - self.no[rows]) ** power)

    def _best(self, stands: NDArray[np.bool_], failures: Floats, meant: Floats) -> int:
        places = np.flatnonzero(stands)
        failures, meant = failures[places], meant[places]
        quick = failures * np.log(failures / meant) - failures + meant - self.cost[places]
        places = places[np.argsort(-quick)]
        short = places[:40]
        scores = np.array([self._gain(self._rows(int(index))) for index in short]) - self.cost[short]
        top = int(np.argmax(scores))
        best = self._plainest(int(short[top]), short[scores >= scores[top] - CLOSE])
        parts = [int(index) for index in places if self._is_part(int(index), best)]
        return self._explained_by(best, float(scores[top]), parts[:20])

    def _plainest(self, best: int, rivals: NDArray[np.int64]) -> int:
        """Of the descriptions that select nearly the same attempts the one with the fewest and broadest values."""
        rows, attempts = self._rows(best), self.attempts[best]
        same = [best]
        for rival in map(int, rivals):
            shared = self.n[np.intersect1d(rows, self._rows(rival), assume_unique=True)].sum()
            if shared >= SAME * (attempts + self.attempts[rival] - shared):
                same.append(rival)
        return min(same, key=lambda index: [len(names := self._names(index)), *map(ATTRIBUTES.index, names)])

    def _names(self, index: int) -> list[str]:
        return list(self.slices.kept_codes(index))

    def _is_part(self, index: int, whole: int) -> bool:
        return self.slices.kept_codes(whole).items() < self.slices.kept_codes(index).items()

    def _explained_by(self, whole: int, score: float, parts: list[int]) -> int:
        """The whole, or its strongest part where a few parts leave nothing beyond expectation in the rest."""
        left = self._rows(whole)
        total, attempts, first = 0.0, self.n[left].sum(), whole
        for _ in range(4):
            gains = []
            for index in parts:
                rows = np.intersect1d(left, self._rows(index), assume_unique=True)
                failures, meant = self._sum(rows)
                enough = failures - meant >= self.least and failures >= self.limits.min_ratio * meant
                gains.append((self._gain(rows) - self.cost[index] if enough else 0.0, index))
            gain, index = max(gains, default=(0.0, whole))
            if gain <= 0:
                return whole
            total += gain
            first = index if first == whole else first
            left = np.setdiff1d(left, self._rows(index), assume_unique=True)
            failures, meant = self._sum(left)
            if self.n[left].sum() < 0.05 * attempts:
                return whole
            clean = (
                failures - meant < 0.5 * self.least
                or failures < (1 + 0.5 * (self.limits.min_ratio - 1)) * meant
            )
            if clean and total > score:
                return first
        return whole

    def _sum(self, rows: Rows) -> tuple[float, float]:
        return float(self.f[rows].sum()), float((self.n[rows] * (1 - self.no[rows])).sum())

    # -- the search

    def found(self) -> Found:
        against = Comparison.BASELINE if self.has_baseline else Comparison.REST
        if not len(self.slices):
            return Found((), 1.0, 0, against)
        self._refit()
        self._add()
        self._revise()
        self._add()
        self.searching = False
        self._refit()
        self._drop()
        self._retest()
        return Found(self._patterns(), self.drift, len(self.slices), against)

    def _add(self) -> None:
        """Take the best slice that stands, until none does."""
        while len(self.faults) < self.limits.patterns:
            index = self._next(self.tried)
            if index is None:
                break
            self.tried.add(index)
            self.faults.append(self._fault(index))
            self._refit()
            self._drop()

    def _revise(self) -> None:
        """Look at each fault again now that the others are known: another description may be the better one."""
        for fault in sorted(
            self.faults, key=lambda fault: fault.size * float(self.n[fault.rows] @ fault.shape)
        ):
            before = list(self.faults)
            self.faults = [other for other in before if other is not fault]
            self._refit()
            index = self._next(self.tried - {fault.index})
            if index is None or index == fault.index:
                self.faults = before
            else:
                self.tried.add(index)
                self.faults.append(self._fault(index))
            self._refit()

    def _next(self, tried: set[int]) -> int | None:
        failures, meant, share = self._otherwise()
        stands = self._tested(failures, meant, share, self.limits.scatter)
        stands[list(tried)] = False
        return self._best(stands, failures, meant) if stands.any() else None

    def _retest(self) -> None:
        """Keep the faults that stand when rates scatter as much as they do in what is left over."""
        moved = self._scatter()
        for fault in list(self.faults):
            others = [other for other in self.faults if other is not fault]
            scatter = max([self.limits.scatter, *(moved.get(name, 0.0) for name in self._names(fault.index))])
            fault.p_value = self._p_value(fault, others, scatter)
            if fault.p_value > self.limits.false_discoveries * (len(others) + 1) / len(self.slices):
                self.faults = others
        self.scatter = moved

    def _p_value(self, fault: _Fault, others: list[_Fault], scatter: float) -> float:
        rows, without = fault.rows, self.no[fault.rows] / (1 - fault.added)
        if others:
            free = np.isin(rows, np.concatenate([other.rows for other in others]), invert=True)
            if self.n[rows[free]].sum() >= 0.15 * self.n[rows].sum():
                rows, without = rows[free], without[free]
        failures = float(self.f[rows].sum())
        meant = float((self.n[rows] * (1 - without)).sum())
        base = float((self.n[rows] * self.rate[rows]).sum()) * self.drift
        meant += (self.own[fault.index] - 1) * base
        spread = np.sqrt(np.array([scatter**2 + self.doubt[fault.index]]))
        return float(upper_tail(np.array([failures]), np.array([meant]), spread)[0])

    def _drop(self) -> None:
        """Give up faults whose own excess or ratio is no longer enough beside the others."""
        kept = []
        for fault in self.faults:
            rows = fault.rows
            base = np.minimum(self.rate[rows] * self.drift, expecting.HIGHEST_RATE)
            meant = float((self.n[rows] * base).sum())
            own = float((self.n[rows] * (1 - base) * fault.added).sum())
            if own >= 0.9 * self.least and own >= 0.9 * (self.limits.min_ratio - 1) * meant:
                kept.append(fault)
        if len(kept) < len(self.faults):
            self.faults = kept
            self._refit()

    def _patterns(self) -> tuple[Pattern, ...]:
        patterns = [self._pattern(fault) for fault in self.faults]
        return tuple(sorted(patterns, key=lambda pattern: -pattern.excess))

    def _pattern(self, fault: _Fault) -> Pattern:
        plain = {
            name: int(self.kept.values[name][code - 1])
            for name, code in self.slices.kept_codes(fault.index).items()
        }
        inside: Any = True
        for name, code in plain.items():
            inside = inside & (self.whole.codes[name] == code)
        counts = self.whole.only(np.flatnonzero(inside))
        attempts, failures = int(counts.attempts.sum()), int(counts.failures.sum())
        rate, _ = self.rates.of(counts)
        meant = float((counts.attempts * rate).sum()) * self.drift * float(self.own[fault.index])
        same = self._same(plain)
        both = plain | same
        words = {name: self.current.values[name][both[name]] for name in ATTRIBUTES if name in both}
        return Pattern(
            attributes=words,
            same_as={name: words[name] for name in words if name in same},
            error_code=self._code(fault.rows, meant),
            attempts=attempts,
            failures=failures,
            expected=meant,
            excess=failures - meant,
            lift=failures / meant,
            p_value=fault.p_value,
            interval=interval(failures, attempts),
        )

    def _code(self, rows: Rows, meant: float) -> str | None:
        """The code most above what is expected: the slice's expected failures, spread like those outside faults."""
        error, names = self.current.error, self.current.errors
        if error is None:
            return None
        here = np.bincount(error[rows], self.f[rows], len(names))
        failing = np.bincount(error, self.f * self._free(), len(names))
        above = here - meant * failing / max(failing.sum(), 1)
        above[[not name for name in names]] = 0
        best = int(above.argmax())
        return names[best] if above[best] > 0 else None

    def _free(self) -> NDArray[np.bool_]:
        """The rows no fault has hit."""
        free = np.ones(len(self.n), bool)
        for fault in self.faults:
            free[fault.rows] = False
        return free

    def _same(self, plain: dict[str, int]) -> dict[str, int]:
        """Values of other attributes that select the same attempts as one of these."""
        same: dict[str, int] = {}
        for name, code in plain.items():
            rows = np.flatnonzero(self.whole.codes[name] == code)
            n = self.whole.attempts[rows]
            whole = n.sum()
            for other in ATTRIBUTES:
                if other in plain:
                    continue
                codes, known = self.whole.codes[other], self.whole.values[other]
                inside = np.bincount(codes[rows], n, len(known))
                top = int(inside.argmax())
                if known[top] == "" or inside[top] < SAME * whole:
                    continue
                if inside[top] >= SAME * (whole + self.whole.attempts[codes == top].sum() - inside[top]):
                    same[other] = top
        return same


def _middle(values: Floats, weights: Floats) -> float:
    """The weighted median."""
    order = np.argsort(values)
    upto = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(upto, upto[-1] / 2)])


def _odds(chance: Floats) -> Floats:
    chance = np.clip(chance, 1e-6, expecting.HIGHEST_RATE)
    return chance / (1 - chance)


def _gains(n: Floats, f: Floats, chance: Floats) -> list[float]:
    """For each shape a fault can have: the gain in log likelihood over none."""
    chance = np.clip(chance, 1e-9, expecting.HIGHEST_RATE)
    above = float(f.sum() - (n * chance).sum())
    if above <= 0:
        return [0.0 for _ in SHAPES]
    before = f @ np.log(chance) + (n - f) @ np.log1p(-chance)
    gains = []
    for power in SHAPES:
        could = (1 - chance) * _odds(chance) ** power
        after = np.minimum(chance + could * (above / float((n * could).sum())), 1 - 1e-6)
        gains.append(float(f @ np.log(after) + (n - f) @ np.log1p(-after) - before))
    return gains
