"""The rules that are stored: read for checks, changed by supervisors, brought along by releases.

A change never touches the version that is in use: it saves another one and retires it. What a supervisor changed is
never overwritten by a release; the page shows both."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from backoffice import audit
from errors.models import PreflightRule, RuleStamp, StaleRule
from errors.models.rule import CONTENT
from errors.preflight import BadRule, Kind, Rule, RuleBook, rules_on, written_rules
from errors.preflight.kinds import FORMS
from errors.preflight.trial import refuse_slow
from errors.preflight.useful import refuse_useless

_FAMILY: Final = uuid.UUID("5f0c1c3e-6d6b-4c62-9a55-0d8f3f6f7a11")  # names the rules of releases
ROWS_AT_ONCE: Final = (
    40  # of a release into an empty table: a database may take only a thousand values at once
)
_KNOWN_KINDS: Final = frozenset(kind.value for kind in Kind)


# --- read ---------------------------------------------------------------------------------------------------


def in_force(on: date) -> RuleBook:
    """The rules of a day. One small query; everything else is kept until a rule changes."""
    known = stamp()
    return _book(known, on) if known else rules_on(on)


def day_of(at: datetime | None, now: datetime) -> date:
    """The day whose rules a text is checked by: that of its own time as it is written, else today on the staff's
    clock, as the pages of rules count days."""
    return at.date() if at is not None else timezone.localdate(now)


def rules() -> list[Rule]:
    """Every rule that is switched on, in the order of the book, whatever day it holds for."""
    known = stamp()
    return list(_rules(known)) if known else written_rules()


def rules_in_force(on: date) -> list[Rule]:
    """Those that have begun on that day and are not over."""
    return [rule for rule in rules() if (rule.valid_from or date.min) <= on <= (rule.valid_until or date.max)]


def stamp() -> str:
    """Another one with every change of a rule; "" before any rule was stored."""
    return RuleStamp.objects.filter(pk=1).values_list("stamp", flat=True).first() or ""


@lru_cache(maxsize=2)
def _rules(stamp: str) -> tuple[Rule, ...]:
    # Kinds that this release does not know are shown on their page and used by no check.
    rows = PreflightRule.objects.in_use().filter(is_active=True, kind__in=_KNOWN_KINDS).in_order()
    return tuple(row.as_rule() for row in rows)


@lru_cache(maxsize=64)
def _book(stamp: str, on: date) -> RuleBook:
    return RuleBook(_rules(stamp), on=on)


# --- change -------------------------------------------------------------------------------------------------


def add(rule: Rule, *, reason: str, by: User, now: datetime) -> PreflightRule:
    """A rule of our own. Raises BadRule."""
    refuse(rule)
    with transaction.atomic():
        _begin()
        _refuse_twin(rule)
        last = (
            PreflightRule.objects.order_by("-place_in_book").values_list("place_in_book", flat=True).first()
        )
        row = PreflightRule(series=uuid.uuid4(), place_in_book=(last or 0) + 1)
        return _saved(row, rule, "rule.add", reason=reason, by=by, now=now)


def change(was: PreflightRule, rule: Rule, *, reason: str, by: User, now: datetime) -> PreflightRule:
    """Another version that says what `rule` says. Raises BadRule; StaleRule when somebody changed it meanwhile."""
    refuse(rule, was=was)
    return _next(was, rule, "rule.change", reason=reason, by=by, now=now)


def checked(was: PreflightRule, *, by: User, now: datetime) -> PreflightRule:
    """Somebody looked today: it still holds. Raises StaleRule."""
    rule = replace(was.as_rule(), last_checked=timezone.localdate(now))
    return _next(was, rule, "rule.check", reason="Checked: it still holds.", by=by, now=now)


def switch(was: PreflightRule, *, on: bool, reason: str, by: User, now: datetime) -> PreflightRule:
    """Switched off, no check uses it. Raises StaleRule; BadRule when another rule about the same came meanwhile."""
    action = "rule.switch_on" if on else "rule.switch_off"
    return _next(was, was.as_rule(), action, reason=reason, by=by, now=now, is_active=on)


def back_to(
    was: PreflightRule, older: Mapping[str, Any], *, reason: str, by: User, now: datetime
) -> PreflightRule:
    """What an older version said, or the release (CONTENT as `content_of` gives it), as another version. Raises
    BadRule, StaleRule."""
    row = PreflightRule(kind=was.kind, provider=was.provider, place=was.place, subject=was.subject)
    row.series = was.series
    _write(row, older)
    return _next(was, row.as_rule(), "rule.back", reason=reason, by=by, now=now)


def refuse(rule: Rule, *, was: PreflightRule | None = None) -> None:
    """Raises BadRule, with the field, for a rule that no check could use or that could hold checks up."""
    is_new_value = was is None or was.value != rule.value
    refuse_useless(rule, by_staff=is_new_value)
    if is_new_value and FORMS[rule.kind].is_pattern:
        refuse_slow(rule.value)
    RuleBook([rule], on=rule.valid_from or date.max)


def _next(
    was: PreflightRule,
    rule: Rule,
    action: str,
    *,
    reason: str,
    by: User | None,
    now: datetime,
    is_active: bool | None = None,
) -> PreflightRule:
    with transaction.atomic():
        _begin()
        if (was.is_active if is_active is None else is_active) and by is not None:
            _refuse_twin(rule)
        if not PreflightRule.objects.filter(pk=was.pk, replaced_at=None).update(replaced_at=now):
            raise StaleRule(was)
        row = PreflightRule(
            series=was.series,
            version=was.version + 1,
            place_in_book=was.place_in_book,
            shipped=was.shipped,
            is_active=was.is_active if is_active is None else is_active,
        )
        return _saved(row, rule, action, reason=reason, by=by, now=now)


def _saved(
    row: PreflightRule, rule: Rule, action: str, *, reason: str, by: User | None, now: datetime
) -> PreflightRule:
    row.kind, row.provider, row.place, row.subject = rule.kind.value, rule.provider, rule.place, rule.subject
    _write(row, content_of(rule))
    row.is_changed = _is_changed(row)
    row.reason, row.saved_by, row.saved_at = reason, by, now
    row.save(force_insert=True)
    audit.record(by, action, row, reason=reason, series=str(row.series), version=row.version)
    RuleStamp.objects.filter(pk=1).update(stamp=uuid.uuid4().hex)
    return row


def _begin() -> None:
    """One change at a time: what is refused because of another rule stays refused until the end."""
    RuleStamp.objects.get_or_create(pk=1, defaults={"stamp": uuid.uuid4().hex})
    RuleStamp.objects.select_for_update().get(pk=1)


def _refuse_twin(rule: Rule) -> None:
    """Raises BadRule: of two rules about the same from the same day on, nobody could say which counts."""
    same = PreflightRule.objects.in_use().filter(
        kind=rule.kind.value,
        provider=rule.provider,
        place=rule.place,
        subject=rule.subject,
        valid_from=rule.valid_from,
        is_active=True,
    )
    if rule.kind is Kind.HOURS:
        same = same.filter(source=rule.source)
    if rule.series:
        same = same.exclude(series=rule.series)
    if same.exists():
        raise BadRule(
            "There is a rule about this already; change that one, or say from which day on this one holds.",
            "valid_from",
        )


def _write(row: PreflightRule, content: Mapping[str, Any]) -> None:
    for name in CONTENT:
        value = content[name]
        is_day = name in ("valid_from", "valid_until", "last_checked")
        setattr(row, name, date.fromisoformat(value) if is_day and value else value)


def content_of(rule: Rule) -> dict[str, Any]:
    """What a rule says, as it is stored beside a row: days as texts."""
    return {
        "value": rule.value,
        "standing": rule.standing.value,
        "valid_from": rule.valid_from.isoformat() if rule.valid_from else None,
        "valid_until": rule.valid_until.isoformat() if rule.valid_until else None,
        "last_checked": rule.last_checked.isoformat(),
        "source": rule.source,
        "prevents": list(rule.prevents),
        "note": rule.note,
    }


def differences(content: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """{field: (what the one says, what the other says)}, apart from when somebody last looked."""
    return {
        name: (content[name], other[name])
        for name in CONTENT
        if name != "last_checked" and content[name] != other[name]
    }


def _is_changed(row: PreflightRule) -> bool:
    """Whether a supervisor made it say something else than the release does."""
    if row.shipped is None:
        return False
    return not row.is_active or bool(differences(content_of(row.as_rule()), row.shipped))


# --- the release's rows -------------------------------------------------------------------------------------


def ship(now: datetime | None = None) -> dict[str, int]:
    """Bring the table in line with the rows of this release; returns what was done. One query when nothing changed.

    A rule that supervisors changed stays as it is, with the release's words beside it. One that left the release is
    switched off, unless it was changed: then it is our own from now on."""
    release = _digest()
    known = RuleStamp.objects.filter(pk=1).first()
    if known is not None and known.shipped == release:
        return {}
    with transaction.atomic():
        _begin()
        done = _ship(now or timezone.now())
        # The same rows as ever: whoever kept them may go on. Anything else is another book.
        is_first = not PreflightRule.objects.filter(version__gt=1).exists() and not _owned()
        RuleStamp.objects.filter(pk=1).update(
            stamp=release if is_first else uuid.uuid4().hex, shipped=release
        )
    return done


def _owned() -> bool:
    return PreflightRule.objects.filter(shipped__isnull=True).exists()


def _ship(now: datetime) -> dict[str, int]:
    stored = {row.series: row for row in PreflightRule.objects.in_use()}
    if not stored:
        _fill()
        return {"added": len(_release())}
    fresh, done = [], {"added": 0, "changed": 0, "differ": 0, "gone": 0}
    for place, (series, rule) in enumerate(_release()):
        row = stored.pop(series, None)
        if row is None:
            fresh.append(_row(series, place, rule))
        elif row.shipped != content_of(rule):
            done["differ" if _follow(row, rule, now) else "changed"] += 1
    PreflightRule.objects.bulk_create(fresh)
    done["added"] = len(fresh)
    for row in stored.values():
        if row.shipped is not None:
            _let_go(row, now)
            done["gone"] += 1
    return {name: count for name, count in done.items() if count}


def _fill() -> None:
    """All rows of the release into the empty table: in one go, as new databases of tests are many."""
    fields, rows = _prepared(connection.vendor)
    names = ", ".join(connection.ops.quote_name(name) for name in fields)
    marks = f"({', '.join(['%s'] * len(fields))})"
    table = connection.ops.quote_name(PreflightRule._meta.db_table)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            values = ", ".join([marks] * len(some))
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES {values}",  # noqa: S608 - our own names
                [value for row in some for value in row],
            )


@cache
def _prepared(vendor: str) -> tuple[list[str], list[list[Any]]]:
    """The columns and the rows of the release, as this kind of database takes them."""
    fields = [one for one in PreflightRule._meta.concrete_fields if one.name not in ("id", "saved_at")]
    rows = [
        [one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields]
        for row in (_row(series, place, rule) for place, (series, rule) in enumerate(_release()))
    ]
    return [str(one.column) for one in fields], rows


def _row(series: uuid.UUID, place: int, rule: Rule) -> PreflightRule:
    row = PreflightRule(series=series, place_in_book=place, shipped=content_of(rule))
    row.kind, row.provider, row.place, row.subject = rule.kind.value, rule.provider, rule.place, rule.subject
    for name in CONTENT:
        setattr(row, name, getattr(rule, name))
    row.standing, row.prevents = rule.standing.value, list(rule.prevents)
    return row


def _follow(row: PreflightRule, rule: Rule, now: datetime) -> bool:
    """Take over what the release says now; True where a supervisor's word stands against it."""
    if row.is_changed:
        PreflightRule.objects.filter(pk=row.pk).update(shipped=content_of(rule))
        return True
    row.shipped = content_of(rule)
    # When we looked last stays, if that is later than the release's look.
    newest = max(rule.last_checked, row.last_checked)
    _next(
        row, replace(rule, last_checked=newest), "rule.ship", reason="Came with a release.", by=None, now=now
    )
    return False


def _let_go(row: PreflightRule, now: datetime) -> None:
    if row.is_changed and row.is_active:
        PreflightRule.objects.filter(pk=row.pk).update(shipped=None, is_changed=False)
    else:
        row.shipped = None
        reason = "The release has it no longer."
        _next(row, row.as_rule(), "rule.ship", reason=reason, by=None, now=now, is_active=False)


@cache
def _release() -> tuple[tuple[uuid.UUID, Rule], ...]:
    # Hundreds of area codes are no reading matter: they come last.
    rules = sorted(written_rules(), key=lambda rule: rule.kind is Kind.AREA)
    return tuple((series_of(rule), rule) for rule in rules)


def series_of(rule: Rule) -> uuid.UUID:
    """The stored rule that a row of a file is about: whatever it says, and whenever it is checked again."""
    begins = rule.valid_from.isoformat() if rule.valid_from else ""
    return uuid.uuid5(_FAMILY, "\t".join((*rule.about, begins)))


@cache
def _digest() -> str:
    return digest_of(rule for _, rule in _release())


def digest_of(found: Iterable[Rule]) -> str:
    return hashlib.blake2b("\n".join(map(repr, found)).encode(), digest_size=16).hexdigest()
