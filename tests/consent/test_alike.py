"""The quick way and the rules agree on thousands of random histories, most of them stranger than real ones."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from backoffice.models import System
from consent import postgres, rules
from consent.alike import Alike
from consent.facts import Door, policy
from consent.ledger import Act, Kind, Precision
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Contact,
    Number,
    Program,
    Reading,
    SendAfterStop,
    SystemRecord,
    Wording,
)
from consent.reconcile import reconcile_numbers
from consent.terms import take_up
from tests.consent import make
from tests.consent.make import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postgresql")]

NUMBERS = 800
SENDERS = ["", "S1", "S1", "S2", "S2", "S3", "S6", "S9"]
DEEDS = [
    *[
        (Act.GRANT, kind)
        for kind in (Kind.FORM, Kind.FORM, Kind.HANDSET, Kind.HANDSET, Kind.KEYWORD, Kind.ARTEFACT)
    ],
    *[(Act.CONFIRM, kind) for kind in (Kind.HANDSET, Kind.HANDSET, Kind.STAFF)],
    *[(Act.REVOKE, kind) for kind in (Kind.KEYWORD, Kind.KEYWORD, Kind.FORM, Kind.FREETEXT, Kind.CHANNEL)],
    *[
        (Act.REVOKE, kind)
        for kind in (Kind.CHANNEL_LOGGED, Kind.CARRIER, Kind.COMPLAINT, Kind.STAFF, Kind.RND)
    ],
    *[(Act.ASSERT_IN, Kind.STAFF), (Act.ASSERT_OUT, Kind.SYNC), (Act.ASSERT_NONE, Kind.FREETEXT)],
]
STRANGE = [(Act.VOID, Kind.STAFF), (Act.BOUNDARY, Kind.RND)]
# What a file may say of a record's time and what makes it doubtful, rarely.
PECULIARITIES: list[dict[str, Any]] = [
    {"precision": Precision.DATE},
    {"precision": Precision.NAIVE_DATETIME},
    {"occurred_at": None},
    {"occurred_at": datetime(1999, 5, 1, tzinfo=UTC)},
    {"occurred_at": NOW + timedelta(days=400)},
    {"copied_time": True},
    {"spread_seconds": 3600},
    {"implied_until": NOW + timedelta(days=5)},
    {"stream": "messages", "sequence": 7},
    {"exempt_answer": True},
    {"clarification": "unanswered"},
    {"clarification": "answered"},
    {"provider_acted": False},
    {"answers_prompt": True},
    {"answers_prompt": False},
    {"has_reference": True},
    {"for_all_programs": True, "program_id": None},
    {"wording_note": "gone"},
]


class Office:
    """Programs, systems and a random hand that writes histories."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        for name in ("S1", "S2"):
            make.program(name.lower(), sender=name)
        make.program("pair", sender="S2").senders.add(make.Sender.objects.get_or_create(address="S3")[0])
        make.program("double", sender="S4", double_opt_in=True)
        make.program("short", sender="S5", ttl_days=300)
        make.program("alerts", sender="S6", exempt_informational=True)
        self.programs = list(Program.objects.order_by("pk"))
        for program in self.programs:
            make.wording(program)
        Wording.objects.create(program=self.programs[0], code="ticked", text="", prechecked=True)
        self.wordings = list(Wording.objects.order_by("pk"))
        self.systems = [
            make.system(),
            make.platform(),
            make.system("sync", System.Kind.CRM, overwrites_on_sync=True),
            make.system("provider", System.Kind.PROVIDER),
            make.system("forms", System.Kind.FORM),
        ]
        self.staff = User.objects.create(username="second")

    def moment(self) -> datetime:
        """Days apart mostly; sometimes so close that the order is in doubt, or the very same second."""
        day = self.rng.randint(1, 600)
        within = self.rng.choice([0, 0, 30, 100, 200, 260, 40_000])
        return NOW - timedelta(days=self.rng.choice([day, day, 17]), seconds=within)

    def record(self, number_id: int) -> ConsentRecord:
        rng = self.rng
        act, kind = rng.choice(STRANGE if rng.random() < 0.02 else DEEDS)
        at = self.moment()
        program = rng.choice([*self.programs, None])
        fields: dict[str, Any] = {
            "occurred_at": at,
            "precision": Precision.SECOND,
            "program_id": program.pk if program else None,
            "sender": rng.choice(SENDERS),
            "clock": rng.choice(["", "", "carrier"]),
            "approved_by": self.staff if rng.random() < 0.2 else None,
        }
        if kind in (Kind.FORM, Kind.ARTEFACT) and act is Act.GRANT:
            fitting = [w for w in self.wordings if w.program_id == fields["program_id"]]
            fields["wording"] = (
                rng.choice(fitting or self.wordings) if rng.random() < 0.9 else rng.choice(self.wordings)
            )
        if rng.random() < 0.12:
            fields |= rng.choice(PECULIARITIES)
        received = (fields["occurred_at"] or at) + timedelta(
            minutes=rng.choice([0, 1, 1, 60, 60 * 24 * 30, -30])
        )
        return ConsentRecord(
            number_id=number_id,
            act=act,
            kind=kind,
            received_at=received,
            source_event_id=f"{rng.random()}",
            **fields,
        )

    def reading(self, number_id: int) -> Reading:
        rng = self.rng
        at = self.moment()
        return Reading(
            number_id=number_id,
            program=rng.choice(self.programs),
            system=rng.choice(self.systems),
            ref=rng.choice(["", "", "1", "2"]),
            value=rng.choice(["in", "in", "out", "out", "never", "pending", "unknown", "redacted"]),
            claimed_at=rng.choice([None, at, at]),
            claimed_precision=rng.choice([Precision.SECOND, Precision.SECOND, Precision.DATE]),
            read_at=at + timedelta(minutes=rng.choice([0, 5, 60 * 24])),
        )

    def write(self) -> list[int]:
        """NUMBERS histories; some are entangled with other people and other numbers."""
        rng = self.rng
        Number.objects.bulk_create(Number(e164=f"+1212555{place:05}") for place in range(NUMBERS))
        ids = list(Number.objects.order_by("pk").values_list("pk", flat=True))
        records = [self.record(pk) for pk in ids for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5]))]
        rng.shuffle(records)
        made = ConsentRecord.objects.bulk_create(records)
        ConsentRecord.objects.bulk_create(
            ConsentRecord(
                number_id=aim.number_id,
                act=Act.VOID,
                kind=Kind.STAFF,
                occurred_at=NOW,
                received_at=NOW,
                precision=Precision.SECOND,
                voids=aim,
                approved_by=rng.choice([None, self.staff]),
                source_event_id=f"void {aim.pk}",
            )
            for aim in rng.sample(made, 40)
        )
        Reading.objects.bulk_create(
            self.reading(pk) for pk in ids for _ in range(rng.choice([0, 0, 0, 1, 2]))
        )
        SendAfterStop.objects.bulk_create(
            SendAfterStop(
                key=uuid.uuid4(),
                number_id=rng.choice(ids),
                sender=rng.choice(SENDERS),
                sent_at=self.moment(),
                provider="twilio",
                message_ref=f"{place}",
                is_confirmation=rng.choice([None, True, False, False]),
                went_through=True,
            )
            for place in range(120)
        )
        for place in rng.sample(range(NUMBERS), 20):
            contact = Contact.objects.create(first_name="Ana")
            former = rng.choice([None, ids[place - 1]])
            SystemRecord.objects.create(
                system=self.systems[0],
                ref=f"{place}",
                contact=contact,
                number_id=ids[place],
                previous_number_id=former,
                number_changed_at=NOW if former else None,
            )
            if former is None:
                record = self.record(ids[place])
                record.number_id, record.contact = None, contact
                record.save()
        return ids


POLICIES = {
    "usual": {},
    "revocations reach everything": {"revoke_all_from": "2025-01-01"},
    "a STOP ends every program": {"stop_scope": "all", "revoke_all_from": None},
    "a form may end a STOP": {"form_defeats_stop": True, "clock_skew_seconds": 30},
}


@pytest.mark.parametrize("changes", POLICIES.values(), ids=POLICIES)
def test_what_is_settled_by_its_likes_is_what_the_rules_say(
    changes: dict[str, Any], settings: LazySettings
) -> None:
    settings.CONSENT_POLICY = {**settings.CONSENT_POLICY, "in_force_within_hours": 24, **changes}
    ids = Office(len(changes)).write()
    door, given = Door(), policy()
    settled = Alike(door, given, NOW).settle_all(ids)
    facts = door.load(ids)
    for number_id, found in settled.items():
        said = {}
        for code in facts[number_id].programs(door.terms.values()):
            agreed = rules.derive(
                door.terms[code],
                facts[number_id].about(code),
                facts[number_id].beliefs.get(code, []),
                given,
                NOW,
            )
            assert not agreed.findings
            said[door.by_code[code].pk] = (
                agreed.status,
                agreed.reason,
                list(agreed.decided_by),
                agreed.recheck_at,
            )
        assert said == {
            quiet.program_id: (quiet.status, quiet.reason, found.decided_by(quiet), quiet.recheck_at)
            for quiet in found.verdict
        }
    assert len(settled) > NUMBERS / 8, "hardly any history takes the quick way"


def test_a_number_that_is_proven_would_not_change() -> None:
    ids = Office(7).write()
    reconcile_numbers(ids, now=NOW)
    alike = Alike(Door(), policy(), NOW)
    unproven = alike.unproven(ids)
    proven = set(ids) - set(unproven)
    assert len(proven) > NUMBERS / 8
    changed = reconcile_numbers(ids, now=NOW, alike=alike)
    assert {name: count for name, count in changed.items() if count} == {"numbers": len(ids)}
    # Every number that could be settled and has no open flag was recognised in the table.
    assert proven == set(alike.settle_all(ids)) - postgres.flagged(ids)


def test_quick_and_slow_leave_the_same_behind(settings: LazySettings) -> None:
    settings.CONSENT_POLICY = {**settings.CONSENT_POLICY, "in_force_within_hours": 24}
    ids = Office(8).write()
    fields = ("number_id", "program_id", "status", "reason", "decided_by", "rules_version", "recheck_at")
    reconcile_numbers(ids, now=NOW, alike=Alike(Door(), policy(), NOW))
    quick = set(map(repr, AgreedStatus.objects.values_list(*fields)))
    flags = set(make.Flag.objects.values_list("key", "fingerprint", "status"))
    assert flags, "nothing is wrong anywhere"
    assert {key.partition(":")[0] for key, *_ in flags} >= {"POST_STOP_SEND", "SLA_BREACH"}
    changed = reconcile_numbers(ids, now=NOW)
    assert {name: count for name, count in changed.items() if count} == {"numbers": len(ids)}
    assert quick == set(map(repr, AgreedStatus.objects.values_list(*fields)))
    assert flags == set(make.Flag.objects.values_list("key", "fingerprint", "status"))


@pytest.mark.parametrize("field", ["status", "reason", "decided_by", "rules_version", "recheck_at"])
def test_a_status_that_is_stored_otherwise_is_not_proven(field: str) -> None:
    line = make.number()
    make.form(line)
    make.weigh(line)
    alike = Alike(Door(), policy(), NOW)
    assert alike.unproven([line.pk]) == []
    other: Any = {
        "status": "PENDING",
        "reason": "STOP",
        "decided_by": ["c999999"],
        "rules_version": 0,
        "recheck_at": NOW,
    }
    AgreedStatus.objects.update(**{field: other[field]})
    assert alike.unproven([line.pk]) == [line.pk]


def test_a_change_of_a_program_starts_the_verdicts_anew() -> None:
    make.program()
    alike = Alike(Door(), policy(), NOW)
    assert alike.current(Door()) is alike
    Program.objects.update(ttl_days=30)
    assert alike.current(Door()) is not alike


def test_a_verdict_of_terms_that_changed_before_the_numbers_were_locked_is_not_stored() -> None:
    line = make.number()
    make.form(line)
    make.weigh(line)
    alike = Alike(Door(), policy(), NOW)
    Program.objects.update(double_opt_in=True)
    take_up(NOW)
    reconcile_numbers([line.pk], now=NOW, alike=alike)
    state = AgreedStatus.objects.get()
    assert (state.status, state.rules_version) == ("PENDING", Door().version)


def test_every_column_the_rules_see_is_part_of_the_shape_or_makes_a_record_odd() -> None:
    from consent.facts import _RECORD

    known = {
        *postgres.RECORD_SHAPE,
        *("number_id", "pk", "occurred_at", "received_at", "precision"),
        *(
            "stream",
            "sequence",
            "clock",
        ),  # an order of their own, which agrees with the times unless numbered
        *("voids_id", "voids_reading_id", "implied_until", "copied_time", "spread_seconds"),
    }
    assert set(_RECORD) <= known
