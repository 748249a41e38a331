"""Everything about the consent of one number, for a system that shows or explains it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from backoffice.api import Call, Problem, Scope, endpoint
from consent.facts import PROTECTIVE
from consent.models import AgreedStatus, Flag, Hold, Number, Reading, Touched
from consent.send_check import country_of, read_all


class OpenFlag(BaseModel):
    """A disagreement that staff have not settled."""

    id: int
    code: str
    severity: str
    status: str
    system: str | None
    raised_at: datetime
    why: str


class OpenHold(BaseModel):
    """Automated texts are paused because of a flag."""

    flag: int
    code: str
    placed_at: datetime


class Belief(BaseModel):
    """What one record of one system says."""

    system: str
    ref: str
    value: str
    read_at: datetime


class ProgramConsent(BaseModel):
    """One program."""

    program: str
    status: str | None = Field(description="The agreed status; none where nothing was weighed yet.")
    reason: str | None
    deciding_records: list[str]
    changed_at: datetime | None
    recheck_at: datetime | None = Field(description="When time alone may change it.")
    holds: list[OpenHold]
    flags: list[OpenFlag]
    systems: list[Belief]


class ContactConsent(BaseModel):
    """What is known of a number. It is no permission to send: ask send-checks for that."""

    number: str
    has_news: bool = Field(description="Something arrived that is not weighed yet.")
    programs: list[ProgramConsent]


@endpoint(
    "GET",
    scope=Scope.CONSENT_READ,
    answer=ContactConsent,
    summary="What is known of one number's consent",
)
def contact_consent(call: Call[None], number: str) -> ContactConsent:
    """Per program: the agreed status with its reason and the records that decided, open holds and flags, and what each
    system says. The number best in E.164; its plus sign may be written as it is or as %2B."""
    [e164] = read_all([number.strip()[:64]], lambda: country_of(call.token.system))
    found = Number.objects.filter(e164=e164).first() if e164 else None
    if found is None:
        raise Problem(
            404,
            "number_unknown",
            "Nothing is known of this number." if e164 else "This is no phone number that can be read.",
            "Do not text it: what is not known is no consent.",
        )
    return _consent(found)


def _consent(number: Number) -> ContactConsent:
    programs: dict[str, dict[str, Any]] = defaultdict(
        lambda: {
            "status": None,
            "reason": None,
            "deciding_records": [],
            "changed_at": None,
            "recheck_at": None,
            "holds": [],
            "flags": [],
            "systems": [],
        }
    )
    for agreed in AgreedStatus.objects.filter(number=number).select_related("program").order_by("pk"):
        programs[agreed.program.code] |= {
            "status": agreed.status,
            "reason": agreed.reason,
            "deciding_records": agreed.decided_by,
            "changed_at": agreed.changed_at,
            "recheck_at": agreed.recheck_at,
        }
    for hold in Hold.objects.open().filter(number=number).select_related("program", "flag").order_by("pk"):
        programs[hold.program.code]["holds"].append(
            OpenHold(flag=hold.flag_id, code=hold.flag.code, placed_at=hold.placed_at)
        )
    flags = Flag.objects.open().filter(number=number, program__isnull=False)
    for flag in flags.select_related("program", "system").by_harm():
        assert flag.program is not None
        programs[flag.program.code]["flags"].append(
            OpenFlag(
                id=flag.pk,
                code=flag.code,
                severity=flag.severity,
                status=flag.status,
                system=flag.system.slug if flag.system else None,
                raised_at=flag.raised_at,
                why=flag.why,
            )
        )
    for code, belief in _beliefs(number):
        programs[code]["systems"].append(belief)
    return ContactConsent(
        number=number.e164,
        has_news=Touched.objects.filter(number=number).exists(),
        programs=[ProgramConsent(program=code, **about) for code, about in sorted(programs.items())],
    )


def _beliefs(number: Number) -> list[tuple[str, Belief]]:
    """What each system's records say last; of what one said at one time, the most protective."""
    rows = (
        Reading.objects.effective()
        .filter(number=number)
        .order_by("-read_at", "-pk")
        .values_list("program__code", "system__slug", "ref", "value", "read_at")
    )
    newest: dict[tuple[str, str, str], Belief] = {}
    for program, system, ref, value, read_at in rows:
        said = Belief(system=system, ref=ref, value=value, read_at=read_at)
        known = newest.setdefault((program, system, ref), said)
        if known.read_at == read_at and PROTECTIVE.index(value) < PROTECTIVE.index(known.value):
            newest[program, system, ref] = said
    return [(key[0], newest[key]) for key in sorted(newest)]
