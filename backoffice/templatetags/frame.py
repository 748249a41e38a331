"""How values look on every page: times with their zone, ages, counts, chips, icons, numbers, filters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.db import models
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import filters, saved_views, words

register = template.Library()

# Tone of a status: how it looks, never what it means; the words beside it carry the meaning.
_TONES = {
    "ok": "done verified applied accepted opted_in in delivered read",
    "run": "running checking correcting in_review sending",
    "wait": "queued pending uploaded sniffed mapped previewed confirmed proposed verifying sent scheduled fixed"
    " waiting",
    "bad": "failed reverted opted_out out undelivered rejected regressed not_fixed",
    "warn": "done_with_rejects escalated parked expired opted_out_presumed held partially_delivered"
    " delivery_unknown inconclusive submit_unknown",
    "info": "open",
}
_TONE_OF = {status: tone for tone, listed in _TONES.items() for status in listed.split()}
_PICTURES = {"ok": "check", "run": "play", "wait": "clock", "bad": "alert", "warn": "alert", "info": "info"}
_BELIEFS = {"in": "Opted in", "out": "Opted out", "never": "Never opted in", "unknown": "Says nothing"}


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> SafeString:
    """A picture beside words; screen readers skip it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("backoffice/icons.svg"),
        name,
    )


# --- times --------------------------------------------------------------------------------------------------


def _time(moment: datetime, text: str) -> SafeString:
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.isoformat(timespec="seconds"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        text,
    )


@register.filter
def staff_time(moment: datetime | None) -> str:
    """A moment on the staff's clock with its zone; UTC to the second on hover."""
    return _time(moment, words.staff_words(moment)) if moment else "—"


@register.filter
def staff_date(value: date | None) -> str:
    if not value:
        return "—"
    day = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{day.day} {day:%b %Y}"


@register.filter
def ago(moment: datetime | None) -> str:
    return _time(moment, words.age(moment, timezone.now())) if moment else "never"


@register.filter
def is_past(moment: datetime) -> bool:
    return moment <= timezone.now()


@register.simple_tag
def seconds(value: float | timedelta | None) -> str:
    """A duration in words, from seconds or a timedelta."""
    if value is None:
        return "—"
    return words.span(value.total_seconds() if isinstance(value, timedelta) else value)


# --- counts -------------------------------------------------------------------------------------------------


@register.filter
def capped(value: int | None, cap: int = words.CAP) -> str:
    return "—" if value is None else words.capped(value, cap)


@register.filter
def grouped(value: int | None) -> str:
    """A number that was counted to the end: 1,284,300."""
    return "—" if value is None else words.capped(value, value)


@register.filter
def unlocalized(value: Any) -> str:
    """A number as programs read it, without thousands separators."""
    return str(value)


@register.filter
def percent(part: int | None, whole: int | None) -> int:
    return min(100, 100 * (part or 0) // whole) if whole else 0


@register.filter(name="words")
def words_of_code(code: Any) -> str:
    return words.of_code(code)


# --- chips --------------------------------------------------------------------------------------------------


@register.simple_tag
def chip(label: str, tone: str = "mute") -> SafeString:
    """A status as words with a picture; the colour only helps."""
    picture = icon(_PICTURES[tone]) if tone in _PICTURES else ""
    return format_html('<span class="chip chip--{}">{}{}</span>', tone, picture, label)


def tone_of(status: str) -> str:
    return _TONE_OF.get(status.lower(), "mute")


@register.simple_tag
def status_chip(row: models.Model) -> SafeString:
    """The status of a row that has one, in the words of its model."""
    status = str(row.status)  # type: ignore[attr-defined]
    label = getattr(row, "get_status_display", lambda: status)()
    tone = getattr(row, "tone", "") or tone_of(status)  # a word may mean well here and badly there
    return chip(label if label[:1].isupper() else words.of_code(label), tone)


def _severity_chip(severity: str) -> SafeString:
    level = str(severity)
    return format_html(
        '<span class="chip chip--{}"><b>{}</b> {}</span>',
        level.lower(),
        level,
        words.SEVERITIES.get(level, ""),
    )


register.filter("severity_chip", _severity_chip)
register.simple_tag(_severity_chip, name="severity_chip")


@register.simple_tag
def agreed_chip(status: str) -> SafeString:
    """Whom we may text, as one chip."""
    return chip(words.of_code(status), tone_of(str(status)))


@register.simple_tag
def believes_chip(value: str) -> SafeString:
    """What a system believes, as one chip."""
    return chip(_BELIEFS.get(str(value), words.of_code(value)), tone_of(str(value)))


# --- numbers, addresses, forms ------------------------------------------------------------------------------


@register.filter
def phone(number: Any) -> SafeString:
    """A number grouped for reading, always left to right; the plain form on hover."""
    e164 = str(getattr(number, "e164", number) or "")
    return format_html('<span class="phone" dir="ltr" title="{}">{}</span>', e164, words.phone(e164))


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """The page's own query string with changes; None takes a parameter out. A change of filter starts at
    page one."""
    query: QueryDict = context["request"].GET.copy()
    for cursor in ("after", "before"):
        query.pop(cursor, None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def is_checkbox(field: Any) -> bool:
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.simple_tag(takes_context=True)
def kept_parameters(context: template.Context, filterset: Any) -> list[tuple[str, str]]:
    return filters.kept(filterset, context["request"].GET)


@register.simple_tag(takes_context=True)
def active_filters(context: template.Context, filterset: Any) -> list[tuple[str, str, str]]:
    return filters.active(filterset, context["request"].GET)


@register.simple_tag(takes_context=True)
def clear_filters(context: template.Context, filterset: Any) -> str:
    return filters.cleared(filterset, context["request"].GET)


@register.inclusion_tag("backoffice/_saved_views.html", name="saved_views", takes_context=True)
def views_of_list(context: template.Context, filterset: Any) -> dict[str, Any]:
    """The views that are kept of the page's list; nothing where it keeps none."""
    return saved_views.bar(context["request"], filterset)
