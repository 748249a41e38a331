"""The search for faults: slices tested, the best taken, all fitted together, each looked at once more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors.patterns.chance import discoveries, upper_tail
from errors.patterns.counts import ATTRIBUTES, Counts
from errors.patterns.expected import HIGHEST_RATE, flat, learn
from errors.patterns.faults import SHAPES, Fault, Floats, Rows, gains, hit_by, shaped, solve
from errors.patterns.pattern import Limits
from errors.patterns.slices import Kept, Slices, alive

SAME = 0.97  # slices that share this much of what they select (Jaccard) cannot be told apart
CLOSE = 6.0  # log likelihood by which one description may be better than another and mean nothing
FEWEST = 8.0  # expected failures of a value from which on its rate says how much rates scatter
LEAST_P = 1e-300
UNTOLD = 0.1  # without a baseline: how much values may differ (relative) with nothing wrong
LEAST_CHANCE, LEVELS = 1e-6, 111  # eight levels of chance for each factor of e
NEW = 44.0  # how sure a value without history is taken to be like others: to 15 %, one over its square
PRIOR = 8.0  # expected failures before, that weigh as much as what a slice's values lead one to expect


class Search:
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
        self.drift = 1.0
        self.searching = True
        self.faults: list[Fault] = []
        self.tried: set[int] = set()
        if not len(self.slices):
            return
        if baseline is not None:
            base = baseline.thinned(limits.rows).recoded(current.values)
            sizes = {name: len(base.values[name]) for name in ATTRIBUTES}
            rates = self.rates = learn(base, sizes)
            self.rate, doubt = rates.of(current)
            seen, meant = self.slices.sums(
                self.kept.like(base), base.failures.astype(float), base.attempts * rates.of(base)[0]
            )
        else:
            self.rates = flat(self.f.sum() / self.n.sum())
            self.rate, _ = self.rates.of(current)
            seen = meant = np.zeros(len(self.slices))
            doubt = np.zeros(len(self.n))
        self.attempts, self.failures, self.model, doubted = self.slices.sums(
            self.kept, self.n, self.f, self.n * self.rate, self.n * self.rate * doubt
        )
        self.own = (seen + PRIOR) / (meant + PRIOR)
        self.doubt = np.full(len(self.slices), UNTOLD**2)
        if baseline is not None:
            worth = self.model / np.maximum(doubted, 1e-9)
            self.doubt = np.maximum(
                1 / (seen + np.where(meant < 1, np.maximum(worth, NEW), worth)),
                seen / (seen + PRIOR) ** 2,
            )
        orders = self.slices.orders()
        many = np.bincount(orders, minlength=limits.attributes + 1)
        self.cost = np.log(many[orders]) + 1.0 * orders
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
        return self._bounded(float(max(min(moved), self.limits.least_drift * moved[0])))

    def _bounded(self, drift: float) -> float:
        if not self.has_baseline:
            return drift  # then it is the overall rate that is being looked for
        return float(np.clip(drift, self.limits.least_drift, self.limits.most_drift))

    # -- together

    def _refit(self) -> None:
        self.drift = self._drift(self.free())
        self.chance = np.minimum(self.drift * self.rate, HIGHEST_RATE)
        self.no = solve(self.faults, self.n, self.f, self.chance)
        # Attempts of nearly the same chance to fail are alike when slices are compared.
        self.level = np.rint(8 * np.log(np.maximum(1 - self.no, LEAST_CHANCE)) + LEVELS).astype(np.int16)
        if self.faults:
            self.level[hit_by(self.faults)] += LEVELS + 1

    # -- candidates

    def _otherwise(self) -> tuple[Floats, Floats, Floats]:
        """For each slice: failures and expected failures to compare, and how many attempts stand for one there.

        Attempts that a known fault has hit say little about another one, so a slice is judged by its other
        attempts where it has enough of them, and else by all beside the known faults.
        """
        own = (self.own - 1) * self.model * self.drift
        failures, meant = self.failures.copy(), self.model * self.drift + own
        share = np.ones(len(failures))
        if self.faults:
            hit = hit_by(self.faults)
            rows, n = self.kept.where(hit), self.n[hit]
            covered, failed, could, beside = self.slices.sums(
                rows, n * (1 - self.chance[hit]), self.f[hit], n * self.chance[hit], n * (1 - self.no[hit])
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
        stands[enough] = discoveries(p[enough], self.limits.false_discoveries, self.slices.looked_at)
        return stands

    def _scatter(self) -> dict[str, float]:
        """For each attribute how much the rates of its values moved apart, beyond chance, outside the faults.

        Relative standard deviation by moments, without the value that moved most: it may be a fault not found.
        """
        free = self.free()
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
            sure = beyond.sum() - np.sqrt(2.0 * len(beyond))  # less one standard error
            moved[name] = float(np.sqrt(max(0.0, sure / (weight @ meant**2))))
        return moved

    def _rows(self, index: int) -> Rows:
        mask: Any = True
        for name, code in self.slices.kept_codes(index).items():
            mask = mask & (self.kept.codes[name] == code)
        return np.flatnonzero(mask)

    def _gains(self, rows: Rows) -> list[float]:
        """For each shape of a fault how much likelier one there makes the failures of these rows."""
        level, n = self.level[rows], self.n[rows]
        attempts = np.bincount(level, n)
        filled = attempts > 0
        own, all_in_all = (
            np.bincount(level, n * chance[rows])[filled] / attempts[filled]
            for chance in (self.chance, 1 - self.no)
        )
        return gains(attempts[filled], np.bincount(level, self.f[rows])[filled], all_in_all, own)

    def _gain(self, rows: Rows) -> float:
        return max(self._gains(rows))

    def _fault(self, index: int) -> Fault:
        """A fault of the shape that fits best."""
        rows = self._rows(index)
        power = SHAPES[int(np.argmax(self._gains(rows)))]
        return Fault(index, rows, shaped(self.chance[rows], power))

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
        return self._or_part(best, float(scores[top]), parts)

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

    def _or_part(self, whole: int, score: float, parts: list[int]) -> int:
        """The whole, or its strongest part where a few parts leave nothing beyond expectation in the rest.

        The parts tried are those that differ in one more attribute, for each attribute, and then any.
        """
        more: dict[tuple[str, ...], list[int]] = {}
        for index in parts:
            names = tuple(name for name in self._names(index) if name not in self._names(whole))
            more.setdefault(names, []).append(index)
        ways = [same[:8] for names, same in more.items() if len(names) == 1]
        best, first = score, whole
        for way in [*ways, parts[:20]]:
            total, part = self._explained_by(way, whole)
            if total > best:
                best, first = total, part
        return first

    def _explained_by(self, parts: list[int], whole: int) -> tuple[float, int]:
        """What some of these parts gain together, and the strongest of them; nothing if the rest is not clean."""
        left = self._rows(whole)
        total, attempts, first = 0.0, self.n[left].sum(), whole
        for _ in range(4):
            gained = [(self._gain_if_enough(left, index) - self.cost[index], index) for index in parts]
            gain, index = max(gained, default=(0.0, whole))
            if gain <= 0:
                break
            total += gain
            first = index if first == whole else first
            left = np.setdiff1d(left, self._rows(index), assume_unique=True)
            if self.n[left].sum() < 0.05 * attempts:
                break
            failures, meant = self._sum(left)
            half = 1 + 0.5 * (self.limits.min_ratio - 1)
            if failures - meant < 0.5 * self.least or failures < half * meant:
                return total, first
        return 0.0, whole

    def _gain_if_enough(self, left: Rows, index: int) -> float:
        rows = np.intersect1d(left, self._rows(index), assume_unique=True)
        failures, meant = self._sum(rows)
        enough = failures - meant >= self.least and failures >= self.limits.min_ratio * meant
        return self._gain(rows) if enough else 0.0

    def _sum(self, rows: Rows) -> tuple[float, float]:
        return float(self.f[rows].sum()), float((self.n[rows] * (1 - self.no[rows])).sum())

    # -- the search

    def run(self) -> None:
        """Find the faults; `faults`, `drift` and the rates tell what was found."""
        if not len(self.slices):
            return
        self._refit()
        self._add()
        self._revise()
        self._add()
        self.searching = False
        self._refit()
        self._drop()
        self._retest()

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
            if fault.p_value > self.limits.false_discoveries * (len(others) + 1) / self.slices.looked_at:
                self.faults = others

    def _p_value(self, fault: Fault, others: list[Fault], scatter: float) -> float:
        rows, without = fault.rows, self.no[fault.rows] / (1 - fault.added)
        if others:
            free = np.isin(rows, hit_by(others), assume_unique=True, invert=True)
            if self.n[rows[free]].sum() >= 0.15 * self.n[rows].sum():
                rows, without = rows[free], without[free]
        failures = float(self.f[rows].sum())
        meant = float((self.n[rows] * (1 - without)).sum())
        base = float((self.n[rows] * self.rate[rows]).sum()) * self.drift
        meant += (self.own[fault.index] - 1) * base
        spread = np.sqrt(np.array([scatter**2 + self.doubt[fault.index]]))
        tail = upper_tail(np.array([failures]), np.array([meant]), spread)
        return max(float(tail[0]), LEAST_P)

    def _drop(self) -> None:
        """Give up faults whose own excess or ratio is no longer enough beside the others."""
        kept = []
        for fault in self.faults:
            rows = fault.rows
            base = self.chance[rows]
            meant = float((self.n[rows] * base).sum())
            own = float((self.n[rows] * (1 - base) * fault.added).sum())
            if own >= 0.9 * self.least and own >= 0.9 * (self.limits.min_ratio - 1) * meant:
                kept.append(fault)
        if len(kept) < len(self.faults):
            self.faults = kept
            self._refit()

    def free(self) -> NDArray[np.bool_]:
        """The rows no fault has hit."""
        free = np.ones(len(self.n), bool)
        for fault in self.faults:
            free[fault.rows] = False
        return free


def _middle(values: Floats, weights: Floats) -> float:
    """The weighted median."""
    order = np.argsort(values)
    upto = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(upto, upto[-1] / 2)])
