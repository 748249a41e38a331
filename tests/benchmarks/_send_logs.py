"""Made-up send logs in which the failures that were planted are known: what pattern finding is measured on.

A log is a `Log`: the current window, a baseline window or None, and the truth. Attributes depend on each other
as in a real shop: a carrier belongs to a country, a template to a campaign, a sender to a provider and country,
campaigns prefer countries and hours, sizes are Zipf-like. Failure rates differ by all of them from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ATTRIBUTES = (
    *("provider", "country", "carrier", "campaign", "template", "sender", "encoding", "segments", "hour"),
)
Columns = dict[str, Any]  # attribute -> array of codes
Slice = tuple[tuple[str, int], ...]  # (attribute, code), in the order of ATTRIBUTES
CODES = ("30007", "30003", "30005", "30006", "30008", "30034")
SAME = 0.97  # values that select the same attempts to this degree (Jaccard) cannot be told apart
DAYS = 7  # in the baseline window


@dataclass
class Window:
    """One row for each attempt: codes, the chance to fail before anything was planted, whether it failed."""

    columns: Columns
    chance: Any
    failed: Any
    error: Any  # index into CODES + 1; 0 is none
    day: Any

    def within(self, chosen: Slice) -> Any:
        mask = np.ones(len(self.chance), bool)
        for name, code in chosen:
            mask &= self.columns[name] == code
        return mask


@dataclass
class Log:
    kind: str
    names: Mapping[str, list[str]]
    current: Window
    baseline: Window | None
    truth: list[dict[str, str]] = field(default_factory=list)
    planted: list[Slice] = field(default_factory=list)


def _zipf(rng: np.random.Generator, size: int, steepness: float = 0.9) -> Any:
    weights = 1.0 / np.arange(1, size + 1) ** steepness
    return rng.permutation(weights / weights.sum())


def _draw(rng: np.random.Generator, chances: Any, group: Any) -> Any:
    """One value for each row from the distribution of its group: chances[group, value]."""
    upto = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    upto[:, -1] = 1.0
    flat = (upto + np.arange(len(upto))[:, None]).ravel()
    drawn = np.searchsorted(flat, group + rng.random(len(group)), side="right")
    return np.minimum(drawn - group * chances.shape[1], chances.shape[1] - 1)


class World:
    """A shop: who sends what where, and how often each part of it fails when nothing is wrong."""

    def __init__(self, rng: np.random.Generator, *, flat: bool = False, base: float | None = None) -> None:
        self.rng = rng
        spread = float(rng.uniform(0.0, 0.7) if flat else rng.uniform(0.5, 1.8))
        providers, countries = int(rng.integers(2, 5)), int(rng.integers(8, 25))
        campaigns = int(rng.integers(12, 50))
        per_country = rng.integers(2, 6, countries)
        per_campaign = rng.integers(1, 4, campaigns)
        self.carrier_country = np.repeat(np.arange(countries), per_country)
        self.template_campaign = np.repeat(np.arange(campaigns), per_campaign)
        carriers, templates = len(self.carrier_country), len(self.template_campaign)
        # A provider has one or two senders of its own for each group of countries.
        groups = int(rng.integers(1, 5))
        self.group_of = rng.integers(0, groups, countries)
        self.senders_each = int(rng.integers(1, 3))
        senders = providers * groups * self.senders_each
        self.sizes = {
            "provider": providers,
            "country": countries,
            "carrier": carriers,
            "campaign": campaigns,
            "template": templates,
            "sender": senders,
            "encoding": 2,
            "segments": 4,
            "hour": 24,
        }
        self.groups = groups
        self.campaign_size = _zipf(rng, campaigns)
        home = _zipf(rng, countries, 1.0)
        self.country_mix = np.array(
            [rng.dirichlet(home * rng.uniform(3, 30)) + 1e-4 for _ in range(campaigns)]
        )
        self.provider_mix = rng.dirichlet(np.full(providers, 1.5), countries) + 0.01
        self.carrier_mix = np.where(
            self.carrier_country[None] == np.arange(countries)[:, None], rng.uniform(0.2, 1.5, carriers), 0.0
        )
        self.template_mix = np.where(
            self.template_campaign[None] == np.arange(campaigns)[:, None],
            rng.uniform(0.2, 1.5, templates),
            0.0,
        )
        self.unicode = rng.beta(0.4, 0.8, templates) * 0.96 + 0.02
        self.segment_mix = rng.dirichlet([3, 1.5, 0.6, 0.2], templates) + 0.003
        clock = np.arange(24)
        day = np.exp(-0.5 * ((clock - 13) / 4.5) ** 2) + 0.03
        self.zone = rng.integers(-8, 10, countries)
        burst = np.exp(-0.5 * ((clock[None] - rng.integers(8, 19, campaigns)[:, None]) / 2.5) ** 2)
        some = rng.uniform(0, 1.0, campaigns)[:, None]
        self.hour_mix = np.array(
            [np.roll((1 - some) * day + some * (burst + 0.02), -zone, axis=1) for zone in self.zone]
        )  # country, campaign, hour
        self.base = base if base is not None else float(rng.uniform(0.015, 0.06))
        scatter = {
            "provider": 0.15,
            "country": 0.4,
            "carrier": 0.3,
            "campaign": 0.15,
            "template": 0.08,
            "sender": 0.08,
            "encoding": 0.08,
            "segments": 0.08,
        }
        self.effect = {name: rng.normal(0, sd * spread, self.sizes[name]) for name, sd in scatter.items()}
        night = rng.uniform(0.1, 0.5) * spread
        self.night = np.array([night * np.cos((clock + zone - 2) / 24 * 2 * np.pi) for zone in self.zone])
        self.pairs = {
            ("provider", "country"): rng.normal(0, 0.1 * spread, (providers, countries)),
            ("country", "campaign"): rng.normal(0, 0.06 * spread, (countries, campaigns)),
            ("provider", "carrier"): rng.normal(0, 0.06 * spread, (providers, carriers)),
        }
        self.newest = int(self.campaign_size.argmin())
        self.chronic: list[tuple[Slice, float]] = []

    def names(self) -> dict[str, list[str]]:
        sizes = self.sizes
        return {
            "provider": [f"provider-{i}" for i in range(sizes["provider"])],
            "country": [f"C{i:02}" for i in range(sizes["country"])],
            "carrier": [f"net-{c:02}-{i}" for i, c in enumerate(self.carrier_country)],
            "campaign": [f"campaign-{i}" for i in range(sizes["campaign"])],
            "template": [f"t{i}-of-{c}" for i, c in enumerate(self.template_campaign)],
            "sender": [f"+1555{i:04}" for i in range(sizes["sender"])],
            "encoding": ["GSM-7", "UCS-2"],
            "segments": ["1", "2", "3", "4"],
            "hour": [f"{i:02}" for i in range(24)],
        }

    def window(self, rows: int, days: int, scatter: float = 0.05, factor: float = 1.0) -> Window:
        rng = self.rng
        campaign = np.searchsorted(np.cumsum(self.campaign_size)[:-1], rng.random(rows), side="right")
        country = _draw(rng, self.country_mix, campaign)
        provider = _draw(rng, self.provider_mix, country)
        carrier = _draw(rng, self.carrier_mix, country)
        template = _draw(rng, self.template_mix, campaign)
        sender = (provider * self.groups + self.group_of[country]) * self.senders_each
        sender = sender + rng.integers(0, self.senders_each, rows)
        encoding = (rng.random(rows) < self.unicode[template]).astype(np.int64)
        segments = _draw(rng, self.segment_mix, template)
        hours = self.hour_mix.reshape(-1, 24)
        hour = _draw(rng, hours, country * self.sizes["campaign"] + campaign)
        columns = dict(
            zip(
                ATTRIBUTES,
                (provider, country, carrier, campaign, template, sender, encoding, segments, hour),
                strict=True,
            )
        )
        day = rng.integers(0, days, rows)
        log = np.full(rows, np.log(self.base * factor))
        for name, effect in self.effect.items():
            log += effect[columns[name]]
        log += self.night[country, hour]
        for (one, other), effect in self.pairs.items():
            log += effect[columns[one], columns[other]]
        # From day to day rates scatter more than chance alone would make them.
        for name in ("provider", "country", "campaign"):
            log += rng.normal(0, scatter, (days, self.sizes[name]))[day, columns[name]]
        log += rng.normal(0, scatter, days)[day]
        chance = np.minimum(np.exp(log), 0.6)
        window = Window({k: v.astype(np.int16) for k, v in columns.items()}, chance, None, None, day)
        for chosen, times in self.chronic:
            mask = window.within(chosen)
            window.chance[mask] = np.minimum(window.chance[mask] * times, 0.8)
        return window


def settle(
    rng: np.random.Generator, window: Window, planted: Iterable[tuple[Slice, float, int]] = ()
) -> None:
    """Let the attempts fail: by their own chance, or by any planted (slice, added chance, code) they are in."""
    rows = len(window.chance)
    window.failed = rng.random(rows) < window.chance
    window.error = np.where(
        window.failed, rng.choice(len(CODES), rows, p=[0.1, 0.3, 0.2, 0.2, 0.15, 0.05]) + 1, 0
    )
    for chosen, added, code in planted:
        hit = window.within(chosen) & ~window.failed
        mean = window.chance[hit].mean()
        # Half of the faults multiply the chance there is, the others hit every attempt alike.
        alike = code % 2 == 0
        chance = added if alike else np.minimum(added / mean * window.chance[hit], 0.95)
        hit[hit] = rng.random(int(hit.sum())) < chance
        window.failed |= hit
        window.error[hit] = code + 1


def least_excess(rows: int) -> float:
    return max(30.0, 0.0005 * rows)


def ordered(values: Mapping[str, int]) -> Slice:
    return tuple((name, int(values[name])) for name in ATTRIBUTES if name in values)


def twins(window: Window, chosen: Slice, sizes: Mapping[str, int]) -> dict[str, int]:
    """Values of other attributes that select the same attempts as one of the slice's values does."""
    found: dict[str, int] = {}
    for name, code in chosen:
        mask = window.columns[name] == code
        for other in ATTRIBUTES:
            if other == name or any(other == known for known, _ in chosen):
                continue
            inside = np.bincount(window.columns[other][mask], minlength=sizes[other])
            top = int(inside.argmax())
            union = mask.sum() + (window.columns[other] == top).sum() - inside[top]
            if inside[top] >= SAME * union:
                found[other] = top
    return found


def is_smallest(window: Window, chosen: Slice) -> bool:
    """No attribute can be left out and none exchanged without selecting other attempts."""
    mask = window.within(chosen)
    here = mask.sum()
    for left_out in range(len(chosen)):
        fewer = chosen[:left_out] + chosen[left_out + 1 :]
        wide = window.within(fewer)
        if wide.sum() * 0.9 < here:
            return False
        for other in ATTRIBUTES:
            if any(other == name for name, _ in chosen):
                continue
            inside = np.bincount(window.columns[other][mask])
            top = int(inside.argmax())
            same = inside[top] / (here + (window.columns[other][wide] == top).sum() - inside[top])
            # A value that is a twin as such is named with it; one that is a twin only here is ambiguous.
            if fewer and same > 0.9:
                return False
            if not fewer and 0.9 < same < SAME + 0.005:
                return False
    return True


class Planter:
    """Chooses slices in which a planted fault clearly fulfils the contract, and how strong it is there."""

    def __init__(self, rng: np.random.Generator, window: Window, margin: float = 1.3) -> None:
        # Places are chosen on a part of the rows: they come in no order, so any part is like the whole.
        part = min(len(window.chance), 40_000)
        columns = {name: column[:part] for name, column in window.columns.items()}
        self.rng, self.window = rng, Window(columns, window.chance[:part], None, None, window.day[:part])
        self.weight = len(window.chance) / part
        self.floor = margin * least_excess(len(window.chance))
        self.taken: list[tuple[Slice, float, int]] = []

    def strength(self, chosen: Slice) -> float | None:
        """The added chance to fail; None if this slice cannot carry a clear pattern."""
        chance = self.window.chance[self.window.within(chosen)]
        if not len(chance):
            return None
        mean = float(chance.mean())
        attempts = self.weight * len(chance)
        least = max(self.floor / attempts, 0.8 * mean, 5 * np.sqrt(mean / attempts))
        if least > 0.6:
            return None
        return float(min(0.8, least * self.rng.uniform(1.1, 4.0) / (1 - mean)))

    def any_slice(self, size: int, within: Slice = (), names: tuple[str, ...] | None = None) -> Slice | None:
        """A slice of so many attributes around a random attempt."""
        for _ in range(300):
            pool = [name for name in ATTRIBUTES if all(name != known for known, _ in within)]
            chosen_names = names or tuple(self.rng.choice(pool, size - len(within), replace=False))
            rows = np.flatnonzero(self.window.within(within))
            row = int(self.rng.choice(rows))
            values = dict(within) | {str(name): int(self.window.columns[name][row]) for name in chosen_names}
            chosen = ordered(values)
            share = self.window.within(chosen).mean()
            if share > 0.45 or not is_smallest(self.window, chosen) or self.strength(chosen) is None:
                continue
            return chosen
        return None

    def add(self, chosen: Slice | None, strength: float | None = None) -> bool:
        strength = strength or (self.strength(chosen) if chosen else None)
        if chosen is None or strength is None:
            return False
        self.taken.append((chosen, strength, int(self.rng.integers(len(CODES)))))
        return True

    def apart(self, chosen: Slice) -> bool:
        """Whether this shares less than a tenth of either side's attempts with what was taken."""
        mask = self.window.within(chosen)
        for other, _, _ in self.taken:
            both = (mask & self.window.within(other)).sum()
            if both > 0.1 * min(mask.sum(), self.window.within(other).sum()):
                return False
        return True


def _one(p: Planter) -> bool:
    return p.add(p.any_slice(1))


def _two(p: Planter) -> bool:
    return p.add(p.any_slice(2))


def _three(p: Planter) -> bool:
    return p.add(p.any_slice(3))


def _several(p: Planter) -> bool:
    for size in p.rng.integers(1, 4, int(p.rng.integers(2, 5))):
        chosen = p.any_slice(int(size))
        if chosen and p.apart(chosen):
            p.add(chosen)
    return len(p.taken) >= 2


def _overlapping(p: Planter) -> bool:
    """Two slices that share attempts without one holding the other."""
    first = p.any_slice(int(p.rng.integers(1, 3)))
    if first is None:
        return False
    p.add(first)
    mask = p.window.within(first)
    for _ in range(200):
        second = p.any_slice(int(p.rng.integers(1, 3)))
        if second is None or {name for name, _ in first} & {name for name, _ in second}:
            continue
        both, here = (mask & p.window.within(second)).sum(), p.window.within(second).sum()
        if 0.03 * here < both < 0.5 * min(here, mask.sum()):
            return p.add(second)
    return False


def _siblings(p: Planter) -> bool:
    """Two or three values of one attribute, within the same surroundings."""
    around = p.any_slice(1) if p.rng.random() < 0.7 else ()
    if around is None:
        return False
    pool = [name for name in ATTRIBUTES if not around or name != around[0][0]]
    name = str(p.rng.choice(pool))
    for _ in range(60):
        if len(p.taken) == 3 or (len(p.taken) == 2 and p.rng.random() < 0.5):
            break
        chosen = p.any_slice(len(around) + 1, around, (name,))
        if chosen and p.apart(chosen):
            p.add(chosen)
    if len(p.taken) < 2:
        return False
    return not _is_whole(p.window, [chosen for chosen, _, _ in p.taken])


def _is_whole(window: Window, parts: list[Slice]) -> bool:
    """Whether the parts together are (nearly) all of what they have in common: then that is the fault."""
    union = np.zeros(len(window.chance), bool)
    for chosen in parts:
        union |= window.within(chosen)
    common = {}
    for name, column in window.columns.items():
        inside = np.bincount(column[union])
        if inside.max() >= SAME * union.sum():
            common[name] = int(inside.argmax())
    return bool(union.sum() > 0.75 * window.within(ordered(common)).sum())


def _masked(p: Planter) -> bool:
    """A strong fault, and a weaker one in attempts it partly covers or elsewhere."""
    first = p.any_slice(int(p.rng.integers(1, 3)))
    if first is None or not p.add(first, 0.7):
        return False
    for _ in range(200):
        second = p.any_slice(int(p.rng.integers(1, 4)))
        if second is None or second == first or dict(first).items() <= dict(second).items():
            continue
        mask, other = p.window.within(second), p.window.within(first)
        if (mask & other).sum() < 0.5 * min(mask.sum(), other.sum()):
            return p.add(second)
    return False


def _hourly(p: Planter) -> bool:
    """At one hour of the day, for one or two values of others."""
    others = p.rng.choice(ATTRIBUTES[:-1], int(p.rng.integers(1, 3)), replace=False)
    return p.add(p.any_slice(1 + len(others), (), (*map(str, others), "hour")))


def _mixed(p: Planter) -> bool:
    return p.add(p.any_slice(int(p.rng.integers(1, 4))))


PATTERNS: dict[str, Callable[[Planter], bool]] = {
    "one": _one,
    "two": _two,
    "three": _three,
    "several": _several,
    "overlapping": _overlapping,
    "siblings": _siblings,
    "masked": _masked,
    "low_base": _mixed,
    "seasonal": _mixed,
    "new_value": _mixed,
    "hourly": _hourly,
    "drift_and_pattern": _mixed,
    "chronic_and_pattern": _mixed,
}
QUIET = (
    *(
        "noise",
        "season",
        "chronic",
        "mix_drift",
        "new_campaign",
        "volume",
        "simpson",
        "scatter",
        "small_slices",
    ),
)
ALONE = ("alone_one", "alone_two", "alone_quiet")
KINDS = (*PATTERNS, *QUIET, *ALONE)


def make(kind: str, seed: int, rows: int) -> Log:
    """The log of this kind and seed. Raises ValueError for a kind that is not in KINDS."""
    if kind not in KINDS:
        raise ValueError(f"no such kind: {kind}; there are {', '.join(KINDS)}")
    for again in range(100):
        rng = np.random.default_rng([seed, KINDS.index(kind), again])
        log = _try(kind, rng, rows)
        if log is not None:
            return log
    raise ValueError(f"no {kind} log for seed {seed} at {rows} rows")


def _try(kind: str, rng: np.random.Generator, rows: int) -> Log | None:
    alone = kind.startswith("alone")
    world = World(rng, flat=alone, base=0.006 if kind == "low_base" else None)
    if kind in ("chronic", "chronic_and_pattern"):
        _make_chronic(rng, world, rows)
    share = rng.uniform(0.25, 0.4) if kind == "volume" else rng.choice([0.7, 1.0, 2.0])
    scatter = 0.1 if kind == "scatter" else rng.uniform(0.01, 0.05)
    baseline = None if alone else world.window(int(rows * share), DAYS, scatter)
    if baseline is not None:
        settle(rng, baseline)
    factor = rng.uniform(0.85, 1.18) if kind in ("drift_and_pattern", "scatter") else 1.0
    _change(kind, rng, world)
    current = world.window(rows, 1, scatter, float(factor))
    if kind == "small_slices":
        _shatter(rng, world, [w for w in (baseline, current) if w is not None])
    planter = Planter(rng, current)
    ways: dict[str, Callable[[Planter], bool]] = {**PATTERNS, "alone_one": _one, "alone_two": _two}
    if kind in ways and not ways[kind](planter):
        return None
    if kind == "new_value" and not _make_new(world, baseline, planter):
        return None
    if kind == "new_campaign" and baseline is not None:
        _forget(baseline, "campaign", world.newest)
    settle(rng, current, planter.taken)
    names = world.names()
    if not all(_holds(current, chosen, planter.taken) for chosen, _, _ in planter.taken):
        return None
    truth = []
    for chosen, _, _ in planter.taken:
        full = dict(chosen) | twins(current, chosen, world.sizes)
        truth.append({name: names[name][code] for name, code in full.items()})
    return Log(kind, names, current, baseline, truth, [chosen for chosen, _, _ in planter.taken])


def _holds(window: Window, chosen: Slice, planted: list[tuple[Slice, float, int]]) -> bool:
    """Whether the contract's floor and ratio hold in what happened, beside the other faults."""
    mask = window.within(chosen)
    otherwise = 1 - window.chance[mask]
    for other, added, _ in planted:
        if other != chosen:
            otherwise *= 1 - added * window.within(other)[mask]
    expected, failures = float((1 - otherwise).sum()), int(window.failed[mask].sum())
    floor = least_excess(len(window.chance))
    return failures - expected >= 1.1 * floor and failures >= 1.6 * expected


def _make_chronic(rng: np.random.Generator, world: World, rows: int) -> None:
    sample = world.window(min(rows, 50_000), 1)
    for size in (1, 2):
        names = rng.choice(["carrier", "campaign", "country", "sender", "template"], size, replace=False)
        row = int(rng.integers(len(sample.chance)))
        chosen = ordered({str(name): int(sample.columns[name][row]) for name in names})
        world.chronic.append((chosen, float(rng.uniform(2, 5))))


def _change(kind: str, rng: np.random.Generator, world: World) -> None:
    """What happens between the windows that is no fault."""
    if kind in ("mix_drift", "simpson"):
        power = 3.0 if kind == "simpson" else 1.0
        worse = np.exp(power * 0.6 * world.effect["country"])
        world.country_mix = world.country_mix * worse * rng.lognormal(0, 0.5, world.sizes["country"])
        world.campaign_size = world.campaign_size * rng.lognormal(0, 0.6, world.sizes["campaign"])
        world.campaign_size /= world.campaign_size.sum()
    if kind in ("season", "seasonal"):
        shift = np.roll(world.hour_mix, int(rng.integers(4, 10)), axis=2)
        world.hour_mix = 0.5 * world.hour_mix + 0.5 * shift
    if kind == "new_campaign":
        newest = world.newest
        world.campaign_size[newest] = 0.15
        world.campaign_size /= world.campaign_size.sum()
        worst = np.argsort(world.effect["country"])[-3:]
        world.country_mix[newest] = 1e-4
        world.country_mix[newest, worst] = 1.0
        world.effect["campaign"][newest] = 0.0
        world.effect["template"][world.template_campaign == newest] = 0.0
        world.pairs["country", "campaign"][:, newest] = 0.0


def _shatter(rng: np.random.Generator, world: World, windows: list[Window]) -> None:
    """Hundreds of small templates: many slices of a handful of attempts each."""
    parts = 12
    world.template_campaign = np.repeat(world.template_campaign, parts)
    world.sizes["template"] = len(world.template_campaign)
    for window in windows:
        old = window.columns["template"].astype(np.int64)
        window.columns["template"] = (old * parts + rng.integers(0, parts, len(old))).astype(np.int16)
        if window.failed is not None:
            settle(rng, window)


def _make_new(world: World, baseline: Window | None, planter: Planter) -> bool:
    """Take away the history of a planted value that is like others: it was never sent before."""
    assert baseline is not None
    for name, code in planter.taken[0][0]:
        if name in ("campaign", "template", "sender", "carrier") and abs(world.effect[name][code]) < 0.15:
            if (baseline.columns[name] == code).mean() > 0.4:
                return False
            _forget(baseline, name, code)
            return True
    return False


def _forget(window: Window, name: str, code: int) -> None:
    keep = window.columns[name] != code
    window.columns = {key: column[keep] for key, column in window.columns.items()}
    window.chance, window.failed = window.chance[keep], window.failed[keep]
    window.error, window.day = window.error[keep], window.day[keep]


def write_csv(path: Path, window: Window, names: Mapping[str, list[str]], start: str = "2026-03-02") -> None:
    """The window as the file a script would give; the baseline's days lie before `start`."""
    rows = len(window.failed)
    rng = np.random.default_rng(rows)
    text = {name: np.array(names[name], object)[window.columns[name]] for name in ATTRIBUTES}
    days = np.datetime64(start) - window.day
    minute, second = rng.integers(0, 60, rows), rng.integers(0, 60, rows)
    failed_as = np.where(rng.random(rows) < 0.7, "undelivered", "failed")
    status = np.where(window.failed, failed_as, "delivered").tolist()
    errors = np.array(("", *CODES), object)[window.error].tolist()
    columns = [text[name].tolist() for name in ATTRIBUTES]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(
            "message_ref,sent_at,provider,country,carrier,campaign,template,sender,encoding,segments,status,error_code\n"
        )
        for row, (*values, hour) in enumerate(zip(*columns, strict=True)):
            at = f"{days[row]}T{hour}:{minute[row]:02}:{second[row]:02}Z"
            file.write(f"SM{row:010x},{at},{','.join(values)},{status[row]},{errors[row]}\n")
