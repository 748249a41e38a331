"""What the errors room tells the frame: the send log, patterns that wait, codes nobody knows, how fresh the counts
are, and the sends that the search box finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Min, Sum
from django.urls import reverse
from django.utils import timezone

from backoffice.access import can
from backoffice.keyset import capped_count
from backoffice.overview import NAV_CAP, SEARCH_LIMIT
from backoffice.rooms import Entry, Found, Hit, Length, Message, Section, TrustLine
from backoffice.webhooks.shapes import Said, StatusReport
from backoffice.words import capped, phone, staff_words
from consent.models import Number
from consent.numbers import digits_of, looks_like_number
from errors import life
from errors.catalogue import normal_code
from errors.effect import Rate
from errors.encoding import measure
from errors.local_time import local_time
from errors.lookup import TooMany, of_reference, to_fragment
from errors.models import (
    AttemptHour,
    ErrorCode,
    NumberFinding,
    Pattern,
    PatternRun,
    PreflightRule,
    QualityFinding,
    SendAttempt,
    TouchedHour,
)
from errors.models.attempt import SendAttemptQuerySet
from errors.quality.words import SUGGESTIONS, seen
from errors.rulebook import day_of, in_force
from errors.slices import query as slice_query
from errors.views.attempt_list import rows_of
from errors.windows import hour_of

KINDS = {
    "errors.rollup": "Count sends by hour",
    "errors.overdue": "Give up on reports that did not come",
    "errors.retain": "Remove old sends",
    "errors.detect": "Look for patterns",
    "errors.verify": "Measure fixes",
    "errors.replay": "Run the rules on the log",
    "errors.quality": "Look for data that will fail",
    "look-at-data": "See whether data has changed",
    "replay-rules": "See whether last night's run of the rules is due",
    "errors.campaign_check": "Check a campaign",
    # Entries of the schedule are called by their name there.
    "count-sends": "Look for hours of sends to count",
    "give-up-on-reports": "Look for reports that are overdue",
    "retain-sends": "Look for sends whose time is over",
    "look-for-patterns": "See whether a look for patterns is due",
    "verify-fixes": "See whether fixes are to be measured",
    "tidy-campaigns": "Remove lists of campaigns whose time is over",
}
# News older than this has been waiting too long: counting is due every minute.
NEWS_QUIET = timedelta(minutes=10)
LOOKS_QUIET = timedelta(hours=3)  # the log is looked at every hour
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SHOWN = 3  # patterns on the home page
OF_NUMBER = 10  # sends on the page of a number
SHORTEST_WORD = 3  # letters; fewer are in too many rules to be of use


def entries(user: User | AnonymousUser, now: datetime) -> list[Entry]:
    found = []
    if can(user, "errors.view_sendattempt"):
        found += [
            Entry("errors", "Errors", reverse("errors:error_overview"), "chart", "e", place=52),
            Entry("attempts", "Send log", reverse("errors:attempt_list"), "send", "s", place=54),
            Entry("check", "Check a message", reverse("errors:message_check"), "shield", "m", place=58),
        ]
    if can(user, "errors.view_preflightrule"):
        found.append(Entry("rules", "Rules", reverse("errors:rule_list"), "file", "u", place=59))
    if can(user, "errors.view_pattern"):
        waiting = capped_count(Pattern.objects.to_work_on(), NAV_CAP)
        address = reverse("errors:pattern_list")
        found.append(
            Entry(
                "patterns",
                "Patterns",
                address,
                "target",
                "n",
                place=55,
                count=waiting,
                count_of="patterns wait",
            )
        )
    if can(user, "errors.view_errorcode"):
        new = capped_count(ErrorCode.objects.new(), NAV_CAP)
        address = reverse("errors:code_list")
        found.append(Entry("codes", "Codes", address, "hash", "d", place=57, count=new, count_of="new codes"))
    return found


# --- the trust strip ----------------------------------------------------------------------------------------


def trust(now: datetime) -> list[TrustLine]:
    """How far the counts are behind the log, and when it was last looked through. How old each provider's last log
    is stands with the other systems."""
    oldest_news = TouchedHour.objects.aggregate(oldest=Min("at"))["oldest"]
    last = PatternRun.objects.order_by("-finished_at").first()
    if oldest_news is None and last is None:
        return []
    return [_counted(oldest_news, now), _looked(last, now)]


def _counted(oldest_news: datetime | None, now: datetime) -> TrustLine:
    url = reverse("jobs:run_list") + "?kind=errors.rollup&quiet=true"
    if oldest_news is None:
        return TrustLine("Counts of the send log", "They are the log's own, to the last send.", url=url)
    if now - oldest_news > NEWS_QUIET:
        return TrustLine(
            "Counts of the send log",
            "Behind the log since",
            "warn",
            "Send counts behind",
            at=oldest_news,
            url=url,
        )
    return TrustLine(
        "Counts of the send log", "Being brought up to date; news since", at=oldest_news, url=url
    )


def _looked(last: PatternRun | None, now: datetime) -> TrustLine:
    url = reverse("jobs:run_list") + "?kind=errors.detect&quiet=true"
    if last is None:
        return TrustLine("Patterns", "Not looked for yet.", "warn", "Patterns not looked for yet", url=url)
    if now - last.finished_at > LOOKS_QUIET:
        return TrustLine("Patterns", "Last looked for", "warn", "Patterns late", at=last.finished_at, url=url)
    return TrustLine("Patterns", "Last looked for", at=last.finished_at, url=url)


# --- the home page ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """24 hours of the log, and the list that shows exactly their failures."""

    rate: Rate
    attempts: int
    url: str

    @property
    def words(self) -> str:
        """The rate with what it is of: 4.2 % of 1,284."""
        return f"{100 * self.rate.value:.1f} % of {capped(self.rate.settled, self.rate.settled)}"


def sections(user: User | AnonymousUser, now: datetime) -> list[Section]:
    if not can(user, "errors.view_sendattempt"):
        return []
    until = hour_of(now)
    today, before = _day(until), _day(until - WEEK)
    sees_patterns = can(user, "errors.view_pattern")
    shown = {
        "today": today,
        "before": before,
        "until": until,
        "is_worse": today.rate.low > before.rate.high,
        "patterns": list(Pattern.objects.to_work_on().by_impact()[:SHOWN]) if sees_patterns else [],
        "waiting": capped_count(Pattern.objects.to_work_on()) if sees_patterns else 0,
        "came_back": _came_back(user) if sees_patterns else [],
        "new_codes": capped_count(ErrorCode.objects.new()) if can(user, "errors.view_errorcode") else 0,
    }
    return [Section("errors/_home_errors.html", 15, shown)]


def _came_back(user: User | AnonymousUser) -> list[Pattern]:
    """Patterns of this person whose fix did not hold: their owner is told here."""
    mine = Pattern.objects.filter(owner=user.pk, status=Pattern.Status.REGRESSED)
    return list(mine.by_impact()[:SHOWN])


def _day(until: datetime) -> Day:
    since = until - DAY
    sums = AttemptHour.objects.between(since, until).aggregate(
        failed=Sum("failed", default=0),
        delivered=Sum("delivered", default=0),
        attempts=Sum("attempts", default=0),
    )
    url = f"{reverse('errors:attempt_list')}?{slice_query({}, since=since, until=until, failed=1)}"
    return Day(Rate(sums["failed"], sums["failed"] + sums["delivered"]), sums["attempts"], url)


# --- the search box -----------------------------------------------------------------------------------------


def find(query: str, user: User | AnonymousUser) -> list[Found]:
    """Sends by their reference or the digits of the number, codes, patterns by a value of their slice, rules."""
    found = []
    if can(user, "errors.view_sendattempt"):
        found.append(_sends(query))
    if can(user, "errors.view_errorcode"):
        found.append(_codes(query))
    if can(user, "errors.view_pattern"):
        found.append(_patterns(query))
    if can(user, "errors.view_preflightrule") and len(query) >= SHORTEST_WORD:
        found.append(_rules(query))
    return found


def _sends(query: str) -> Found:
    sends = of_reference(query)
    if looks_like_number(query) and not sends.exists():
        try:
            sends = to_fragment(digits_of(query))
        except TooMany:
            sends = SendAttempt.objects.none()
    hits = [
        Hit(
            phone(sent.number.e164) if sent.number else sent.recipient or sent.message_ref,
            reverse("errors:attempt", args=[sent.pk]),
            " · ".join(
                filter(
                    None, [staff_words(sent.submitted_at), _outcome(sent), sent.campaign, sent.message_ref]
                )
            ),
        )
        for sent in _latest(sends, SEARCH_LIMIT + 1)
    ]
    return Found("Sends", "send", hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)


def _latest(sends: SendAttemptQuerySet, most: int) -> Sequence[SendAttempt]:
    return list(sends.select_related("number").latest_first()[:most])


def _outcome(sent: SendAttempt) -> str:
    status = str(sent.get_status_display())
    return f"{status} {sent.error_code}".strip()


def _codes(query: str) -> Found:
    codes = ErrorCode.objects.filter(code_normal=normal_code(query)).order_by(
        "provider", "product", "phase", "pk"
    )
    hits = [
        Hit(str(code), reverse("errors:code", args=[code.pk]), code.name or code.effective_category.label)
        for code in codes[: SEARCH_LIMIT + 1]
    ]
    return Found("Error codes", "hash", hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)


def _patterns(query: str) -> Found:
    """By a whole value, e.g. a campaign; the live ones are few."""
    wanted = query.casefold()
    live = [
        pattern
        for pattern in Pattern.objects.open().by_impact()[:500]
        if wanted == pattern.error_code
        or wanted in {value.casefold() for value in pattern.attributes.values()}
    ]
    hits = [
        Hit(str(pattern), reverse("errors:pattern", args=[pattern.pk]), pattern.get_status_display())
        for pattern in live[: SEARCH_LIMIT + 1]
    ]
    return Found("Patterns", "target", hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)


def _rules(query: str) -> Found:
    """By whole words of what they say, a code that they prevent, or a finding that they lead to; they are few."""
    word = re.compile(rf"(?<!\w){re.escape(query)}(?!\w)", re.IGNORECASE)
    rules = PreflightRule.objects.in_use().readable().saying(query).in_order()
    hits = [
        Hit(rule.told, reverse("errors:rule", args=[rule.series]), str(rule))
        for rule in rules
        if word.search(f"{rule} {rule.told} {' '.join(rule.prevents)} {' '.join(rule.leads_to)}")
    ][: SEARCH_LIMIT + 1]
    return Found("Rules", "file", hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)


# --- the page of a number -----------------------------------------------------------------------------------


def about_number(number_id: int, user: User | AnonymousUser) -> list[Section]:
    """What was sent to a number lately, and whether it arrived."""
    if not can(user, "errors.view_sendattempt"):
        return []
    sends = SendAttempt.objects.filter(number=number_id)
    latest = _latest(sends, OF_NUMBER + 1)
    now = timezone.now()
    e164 = Number.objects.values_list("e164", flat=True).get(pk=number_id)
    shown = {
        "finding": NumberFinding.objects.filter(number=number_id).first(),
        "rows": rows_of(latest[:OF_NUMBER]),
        "more": len(latest) > OF_NUMBER,
        "url": f"{reverse('errors:attempt_list')}?contact={number_id}",
        "now": now,
        "there": local_time(e164, in_force(day_of(None, now)), now),
    }
    found = QualityFinding.objects.open().filter(number=number_id).order_by("kind", "pk")
    quality = [
        {"finding": one, "seen": seen(one.kind, one.facts), "suggestion": SUGGESTIONS[one.kind]}
        for one in found
    ]
    return [Section("errors/_of_number.html", 10, shown | {"quality": quality})]


OF_CONVERSATION = 50  # messages of one conversation


def messages(number_id: int, since: datetime, until: datetime, user: User | AnonymousUser) -> list[Message]:
    """What was sent to a number between two moments; the latest of many."""
    if not can(user, "errors.view_sendattempt"):
        return []
    sends = SendAttempt.objects.filter(number=number_id, submitted_at__gte=since, submitted_at__lte=until)
    return [
        Message(
            sent.submitted_at,
            sent.body,
            sent.sender,
            _outcome(sent),
            reverse("errors:attempt", args=[sent.pk]),
        )
        for sent in sends.latest_first()[:OF_CONVERSATION]
    ]


def of_call(system_id: int, said: Sequence[Said], user: User | AnonymousUser) -> list[Hit]:
    """The sends that a provider's call reports on."""
    if not can(user, "errors.view_sendattempt"):
        return []
    refs = {one.message_ref for one in said if isinstance(one, StatusReport) and one.message_ref}
    alike = SendAttempt.objects.filter(ref_number__any_of=[life.ref_number(ref) for ref in refs])
    return [
        Hit(f"Send {sent.message_ref}", reverse("errors:attempt", args=[sent.pk]), _outcome(sent))
        for sent in alike.order_by("pk")[:SEARCH_LIMIT]
        if sent.message_ref in refs
    ]


def lengths(text: str) -> list[Length]:
    """A text's length on the air."""
    measured = measure(text)
    return [Length(str(measured.encoding.value), measured.segments)]
