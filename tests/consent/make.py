"""Rows for tests of consent: plain functions, each makes one thing with sensible defaults."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User

from backoffice.models import ColumnMapping, ImportBatch, System
from consent.correct import Choice, Seen, Subject
from consent.facts import Door
from consent.ledger import Act, Kind, Precision
from consent.models import (
    ConsentRecord,
    Contact,
    Decision,
    Flag,
    Number,
    Program,
    Reading,
    ReasonCode,
    Sender,
    SystemRecord,
    Wording,
)
from consent.reconcile import reconcile_numbers
from consent.terms import take_up

NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
_count = itertools.count(1)


def staff(role: str = "Agent", name: str | None = None) -> User:
    user = User.objects.create_user(
        name or f"{role.lower()}{next(_count)}", is_staff=True, password="secret-pass"
    )
    user.groups.add(Group.objects.get(name=role))
    return user


def number(e164: str | None = None) -> Number:
    return Number.objects.create(
        e164=e164 or f"+1415{5_550_000 + next(_count)}", region="US", line_type="MOBILE"
    )


def program(code: str = "promo", sender: str = "+14155550100", **terms: Any) -> Program:
    made, _ = Program.objects.get_or_create(code=code, defaults={"name": code.title(), **terms})
    made.senders.add(Sender.objects.get_or_create(address=sender)[0])
    return made


def system(slug: str = "acme", kind: str = System.Kind.CRM, **settings: Any) -> System:
    names = {"acme": "Acme CRM", "texter": "Texter", "provider": "Provider"}
    defaults = {"name": names.get(slug, slug.title()), "kind": kind, "default_region": "US", **settings}
    made, _ = System.objects.get_or_create(slug=slug, defaults=defaults)
    return made


def platform(**settings: Any) -> System:
    return system("texter", System.Kind.PLATFORM, **settings)


def mapping(of: System, polarity: str = "opt_in", status: str = "SMS Opt-In", **rules: Any) -> ColumnMapping:
    return ColumnMapping.objects.create(
        system=of,
        columns={"ref": ["Record ID"], "number": ["Mobile"], "status": [status]},
        rules={"polarity": {status: polarity}, **rules},
    )


def batch(of: System, as_of: datetime = NOW, **fields: Any) -> ImportBatch:
    defaults = {"status": ImportBatch.Status.DONE, "original_name": "contacts.csv", "size": 1, "as_of": as_of}
    return ImportBatch.objects.create(system=of, sha256=uuid.uuid4().hex * 2, **{**defaults, **fields})


def reading(
    of_number: Number, value: str, of: System | None = None, *, about: Program | None = None, **fields: Any
) -> Reading:
    defaults = {
        "ref": "1001",
        "text": {"in": "Yes", "out": "Unsubscribed", "never": "No"}.get(value, ""),
        "claimed_precision": Precision.SECOND,
        "read_at": NOW - timedelta(days=1),
    }
    return Reading.objects.create(
        number=of_number,
        program=about or program(),
        system=of or platform(),
        value=value,
        **{**defaults, **fields},
    )


def record(line: Number, act: str, kind: str, at: datetime | None, **fields: Any) -> ConsentRecord:
    defaults = {
        "precision": Precision.SECOND,
        "received_at": at or NOW - timedelta(days=2),
        "source_event_id": uuid.uuid4().hex,
    }
    return ConsentRecord.objects.create(
        number=line, act=act, kind=kind, occurred_at=at, **{**defaults, **fields}
    )


def form(
    line: Number, at: datetime = NOW - timedelta(days=90), about: Program | None = None
) -> ConsentRecord:
    about = about or program()
    return record(line, Act.GRANT, Kind.FORM, at, program=about, wording=wording(about))


def stop(line: Number, at: datetime = NOW - timedelta(days=3), sender: str = "+14155550100") -> ConsentRecord:
    return record(line, Act.REVOKE, Kind.KEYWORD, at, sender=sender, words="STOP")


def wish(
    line: Number, at: datetime = NOW - timedelta(days=3), words: str = "no more please"
) -> ConsentRecord:
    """A revocation in the person's own words: it acts at once, and leaves room for doubt."""
    return record(line, Act.REVOKE, Kind.FREETEXT, at, sender="+14155550100", words=words)


def wording(about: Program | None = None, code: str = "checkout-1") -> Wording:
    about = about or program()
    return Wording.objects.get_or_create(
        code=f"{code}-{about.code}", defaults={"program": about, "text": "I agree"}
    )[0]


def contact(line: Number, of: System | None = None, ref: str = "1001", name: str = "Ana") -> Contact:
    person = Contact.objects.create(first_name=name, last_name="Lopez")
    SystemRecord.objects.create(system=of or system(), ref=ref, contact=person, number=line)
    return person


def terms_in_force(now: datetime = NOW) -> int:
    """The version of the terms as they are, for a status that a test writes itself."""
    take_up(now)
    return Door().version


def weigh(*lines: Number, now: datetime = NOW) -> dict[str, int]:
    take_up(now)
    return reconcile_numbers([line.pk for line in lines], now=now)


def flag(code: str, line: Number) -> Flag:
    return Flag.objects.open().get(code=code, number=line)


def stopped_but_texted(line: Number | None = None) -> Flag:
    """The usual S1: a form, then a STOP, and a platform that still says "in"."""
    line = line or number()
    form(line)
    stop(line)
    reading(line, "in")
    weigh(line)
    return flag("PLATFORM_IN_AGREED_OUT", line)


def presumed_out_but_texted(line: Number | None = None) -> Flag:
    line = line or number()
    form(line)
    wish(line)
    reading(line, "in")
    weigh(line)
    return flag("PLATFORM_IN_AGREED_OUT", line)


def without_proof(line: Number | None = None) -> Flag:
    line = line or number()
    reading(line, "in")
    weigh(line)
    return flag("PLATFORM_IN_NO_EVIDENCE", line)


def reason(decision: str = Decision.ALIGN, **demands: Any) -> ReasonCode:
    code = f"{decision}-{'-'.join(sorted(demands)) or 'plain'}".replace("_", "-")
    return ReasonCode.objects.get_or_create(
        code=code, defaults={"decision": decision, "label": f"Because of {decision}", **demands}
    )[0]


def choice(decision: str = Decision.ALIGN, **fields: Any) -> Choice:
    given = {
        "decision": Decision(decision),
        "reason": reason(decision),
        "words": "Checked with the person.",
        **fields,
    }
    return Choice(**given)


def seen(of: Flag) -> Seen:
    return Seen(of.version, of.fingerprint)


def subject(of: Flag) -> Subject:
    return Subject.of(Flag.objects.select_related("number", "program", "system").get(pk=of.pk))
