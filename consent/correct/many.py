"""One decision for many flags, each in a transaction of its own: one that fails fails alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User

from backoffice.access import can
from backoffice.models import System
from consent.correct.choice import Choice, NothingToWrite, Refused, Seen, Subject, check_complete
from consent.correct.decide import decide, of_form
from consent.judgements import ABOUT_SETTINGS
from consent.models import AgreedStatus, Correction, Decision, Flag, ReasonCode, StaleFlag
from consent.models.flag import FlagQuerySet
from consent.rules import Status

BULK_LIMIT, BULK_LIMIT_SUPERVISOR = 200, 1_000


class Pick(NamedTuple):
    """One flag of a selection, as the selection saw it."""

    flag_id: int
    version: int
    fingerprint: str


class Outcome(NamedTuple):
    """What became of one flag of a selection."""

    flag_id: int
    result: str  # applied, no_op, refused, changed_since
    words: str
    correction: Correction | None = None


def bulk_limit(by: User) -> int:
    return BULK_LIMIT_SUPERVISOR if can(by, "consent.approve_correction") else BULK_LIMIT


def align_all(
    picks: Sequence[Pick], *, reason: ReasonCode, words: str, by: User, token: str, now: datetime
) -> list[Outcome]:
    """Write the agreed status for many flags, each in a transaction of its own: one that fails fails
    alone. Only where that stops messages; what would permit them is decided one by one. The same token
    again gives the same outcomes. Raises Refused when more are picked than the person may decide at once."""
    limit = bulk_limit(by)
    if len(picks) > limit:
        raise Refused(f"You can decide on {limit:,} flags at once; {len(picks):,} are selected.")
    choice = Choice(decision=Decision.ALIGN, reason=reason, words=words)
    return [_decide(pick, choice, by=by, token=f"{token}:{pick.flag_id}", now=now) for pick in picks]


def waive_settings(
    system: System,
    *,
    reason: ReasonCode,
    words: str,
    until: datetime,
    by: User,
    token: str,
    seen_at: datetime,
    now: datetime,
) -> list[Outcome]:
    """Waive what was open about the settings of a system when it was seen, as many flags as the person may decide on
    at once, the most harmful first. What came later, or changed since, is not waived by it. The same token again
    waives no others. Raises Refused for what the waiver lacks."""
    choice = Choice(decision=Decision.WAIVE, reason=reason, words=words, until=until)
    check_complete(choice, now)
    done = Correction.objects.filter(token__startswith=f"{token}:", decided_by=by).values("flags")
    still_so = about_settings(system).filter(refreshed_at__lte=seen_at)
    flags = (still_so | Flag.objects.filter(pk__in=done)).by_harm()[: bulk_limit(by)]
    picks = [Pick(flag.pk, flag.version, flag.fingerprint) for flag in flags]
    return [_decide(pick, choice, by=by, token=f"{token}:{pick.flag_id}", now=now) for pick in picks]


def about_settings(system: System) -> FlagQuerySet:
    """What a person has to decide about the settings of a system."""
    return Flag.objects.filter(system=system, code__in=ABOUT_SETTINGS, status__in=Flag.TO_REVIEW)


def _decide(pick: Pick, choice: Choice, *, by: User, token: str, now: datetime) -> Outcome:
    flag = Flag.objects.select_related("number", "program", "system").filter(pk=pick.flag_id).first()
    if flag is None or flag.number is None or flag.program is None:
        return Outcome(pick.flag_id, "refused", "It is about a whole file; decide on it from its own page.")
    aligned = choice.decision == Decision.ALIGN
    if aligned and of_form(token, by) is None and would_permit(flag):
        return Outcome(flag.pk, "refused", "It would permit sending; decide on it from its own page.")
    seen = Seen(pick.version, pick.fingerprint)
    try:
        correction = decide(Subject.of(flag), choice, by=by, token=token, seen=seen, now=now)
    except NothingToWrite as nothing:
        return Outcome(flag.pk, "no_op", str(nothing))
    except Refused as refusal:
        return Outcome(flag.pk, "refused", str(refusal))
    except StaleFlag:
        along = _decided_along(flag, token)
        if along is not None:
            return Outcome(flag.pk, "applied", "", along)
        return Outcome(flag.pk, "changed_since", "Somebody decided on it, or its evidence changed.")
    return Outcome(flag.pk, "applied", "", correction)


def _decided_along(flag: Flag, token: str) -> Correction | None:
    """The decision on another flag of the same selection that settled this one as well."""
    selection = token.rsplit(":", 1)[0]
    return flag.corrections.filter(token__startswith=f"{selection}:").order_by("pk").first()


def would_permit(flag: Flag) -> bool:
    agreed = AgreedStatus.objects.filter(number=flag.number_id, program=flag.program_id).first()
    return agreed is not None and agreed.status == Status.OPTED_IN
