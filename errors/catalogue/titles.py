"""What a provider's own words about a code speak of, and whether they contradict the catalogue. Cautious: words it
does not know say nothing."""

from __future__ import annotations

import re

from errors.catalogue.categories import Category as C

# Words that leave little doubt. One title may speak of several kinds; then any of them agrees.
_SIGNS: tuple[tuple[str, C], ...] = (
    (r"\bstop\b|opt(ed)?[\s_-]*out|unsubscri|do[\s_-]not[\s_-]disturb|\bdnd\b|consent", C.OPTED_OUT),
    (r"spam|filter|content (was )?(blocked|violation)|shaft|phishing", C.CONTENT_FILTERED),
    (
        r"invalid .{0,20}(destination|recipient|['\"]?to\b)|(destination|recipient|['\"]to['\"]) .{0,12}invalid"
        r"|not a valid (phone )?number|invalid (phone )?number|malformed number",
        C.INVALID_NUMBER,
    ),
    (r"unknown subscriber|unallocated|disconnected|deactivated|not in service|no longer", C.NUMBER_INACTIVE),
    (r"landline|not (sms|text)[\s-]*capable|cannot receive (sms|text)|not a mobile", C.NOT_SMS_CAPABLE),
    (r"absent|unreachable|switched off|out of coverage|memory full|handset busy", C.HANDSET_UNREACHABLE),
    (r"too long|too large|size limit|exceeds .{0,20}(characters|length|size)", C.CONTENT_TOO_LONG),
    (r"rate limit|throttl|too many requests|queue (is )?(full|overflow)|loop", C.THROTTLED),
    (r"quota|daily (message )?(cap|limit)|(spend|sending) limit|limit reached", C.QUOTA_EXCEEDED),
    (r"insufficient|no (credit|funds|balance)|account .{0,12}(suspended|disabled|inactive)", C.ACCOUNT),
    (r"authenticat|unauthori[sz]ed|credential|api key|access token", C.AUTH),
    (r"not registered|unregistered|10dlc|not verified|campaign (suspended|inactive)", C.SENDER_UNREGISTERED),
    (
        r"invalid .{0,20}(source|sender|originator|['\"]?from\b)|(source|sender|from) .{0,12}invalid",
        C.SENDER_INVALID,
    ),
    (r"no route|unroutable|not routable|routing error", C.NO_ROUTE),
    (r"expired|validity period|ttl", C.EXPIRED),
    (r"duplicate|already sent", C.DUPLICATE),
    (r"fraud|traffic pumping|artificial", C.FRAUD_PROTECTION),
    (r"(country|region) .{0,25}(not|disabled|blocked)|not enabled for the region", C.GEO_PERMISSION),
)
# Kinds that providers' words do not keep apart: one is no contradiction of the other.
_NEAR: tuple[frozenset[C], ...] = (
    frozenset({C.INVALID_NUMBER, C.NUMBER_INACTIVE, C.NOT_SMS_CAPABLE, C.NO_ROUTE}),
    frozenset({C.HANDSET_UNREACHABLE, C.NETWORK_ERROR, C.NUMBER_INACTIVE, C.NO_ROUTE, C.EXPIRED}),
    frozenset({C.NOT_SMS_CAPABLE, C.HANDSET_UNREACHABLE}),
    frozenset({C.THROTTLED, C.QUOTA_EXCEEDED, C.DUPLICATE}),
    frozenset({C.SENDER_INVALID, C.SENDER_UNREGISTERED, C.TEMPLATE_COMPLIANCE, C.CONTENT_FILTERED}),
    frozenset({C.AUTH, C.ACCOUNT, C.SENDER_UNREGISTERED, C.GEO_PERMISSION, C.QUOTA_EXCEEDED}),
    frozenset({C.CONTENT_FILTERED, C.RECIPIENT_BLOCKED, C.FRAUD_PROTECTION}),
    frozenset({C.CONTENT_INVALID, C.CONTENT_TOO_LONG, C.MALFORMED_REQUEST, C.TEMPLATE_COMPLIANCE}),
)
_SAYS_NOTHING = frozenset({C.UNKNOWN, C.OK, C.MALFORMED_REQUEST, C.PROVIDER_ERROR, C.WEBHOOK_CONFIG})
_SMALL = frozenset(
    {
        "the",
        "a",
        "an",
        "of",
        "to",
        "from",
        "is",
        "was",
        "not",
        "for",
        "in",
        "on",
        "by",
        "and",
        "or",
        "due",
        "with",
    }
    | {"message", "messages", "sms", "error", "number", "phone", "code", "invalid", "failed", "blocked"}
)


def categories_in(title: str) -> frozenset[C]:
    """The kinds of failure that a title plainly speaks of; empty when it says nothing we can be sure of."""
    return frozenset(category for sign, category in _SIGNS if re.search(sign, title, re.IGNORECASE))


def contradicts(title: str, name: str, category: C) -> bool:
    """Whether a provider's title speaks of another kind of failure than the catalogue's `name` and `category`.

    Only when they share no word that matters and the title's kind is not one that is easily mixed up with ours."""
    said = categories_in(title)
    if not said or category in said or category in _SAYS_NOTHING:
        return False
    if _words(title) & _words(name):
        return False
    return not any(category in near and said & near for near in _NEAR)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]{3,}", text.casefold())) - _SMALL
