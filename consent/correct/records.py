"""What a decision adds to the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from consent.correct.stop import evidence_row
from consent.ledger import Act, Clarification, Kind, Precision
from consent.models import ConsentRecord, Contact, Correction, Decision, Reading

CHANNELS = {
    "call": "By telephone",
    "voicemail": "By voicemail",
    "email": "By e-mail",
    "letter": "By letter",
    "chat": "In a chat",
    "walk_in": "In person",
    "text": "By text message",
    "social": "On social media",
    "other": "Another way",
}


def drafts(correction: Correction, now: datetime) -> list[ConsentRecord]:
    """The records a decision adds, not saved yet; none for decisions that only ask systems to follow."""
    if correction.decision == Decision.REVOKE:
        return _revocations(correction, now)
    if correction.decision == Decision.PROOF:
        return [_grant(correction, now)]
    if correction.decision == Decision.VOID:
        return [_void(correction, now)]
    return []


def _revocations(correction: Correction, now: datetime) -> list[ConsentRecord]:
    details = correction.details
    everything = details["for_all_programs"]
    record = _record(correction, now, Act.REVOKE)
    record.kind = Kind.CHANNEL_LOGGED if details["reference"] else Kind.CHANNEL
    record.has_reference, record.reference = bool(details["reference"]), details["reference"][:200]
    record.for_all_programs = everything
    if everything:
        record.program = None
    elif record.kind == Kind.CHANNEL:
        # Said in words it would end every program, unless the person said which one was meant.
        record.clarification = Clarification.ANSWERED
    record.words = f"{CHANNELS.get(details['channel'], 'Another way')}. {details['said']}".strip()
    record.received_at = min(now, _latest(record) or now)
    if not details["for_whole_person"]:
        return [record]
    people = list(Contact.objects.filter(records__number=correction.number).distinct().order_by("pk"))
    return [record, *(_for_person(record, person) for person in people)]


def _latest(record: ConsentRecord) -> datetime | None:
    """The request reached us when it was made, at the latest at the end of the day that staff remember."""
    if record.occurred_at is None:
        return None
    return record.occurred_at + (timedelta(days=1) if record.precision == Precision.DATE else timedelta(0))


def _for_person(record: ConsentRecord, person: Contact) -> ConsentRecord:
    """The same for every line of a person, those we come to know later too."""
    copied = {
        field.attname: getattr(record, field.attname)
        for field in ConsentRecord._meta.concrete_fields
        if not field.primary_key and field.attname not in {"number_id", "created_at"}
    }
    return ConsentRecord(**{**copied, "contact_id": person.pk, "number_id": None})


def _grant(correction: Correction, now: datetime) -> ConsentRecord:
    record = _record(correction, now, Act.GRANT)
    record.kind = Kind.ARTEFACT
    record.wording_id = correction.details["wording"]
    record.has_reference, record.reference = True, correction.proof_link[:200]
    record.proof, record.proof_sha256 = correction.proof, correction.proof_sha256
    return record


def _void(correction: Correction, now: datetime) -> ConsentRecord:
    record = _record(correction, now, Act.VOID)
    record.kind = Kind.STAFF
    record.occurred_at, record.precision = now, Precision.SECOND
    record.words = correction.words
    target = evidence_row(correction.details["voids"])
    if isinstance(target, Reading):
        record.voids_reading, record.program_id = target, target.program_id
    else:
        # The revocation itself is declared mistaken, so for every program that it reached.
        record.voids, record.program = target, None
    record.proof, record.proof_sha256 = correction.proof, correction.proof_sha256
    record.has_reference, record.reference = True, correction.proof_link[:200]
    return record


def _record(correction: Correction, now: datetime, act: Act) -> ConsentRecord:
    details = correction.details
    at = details.get("at")
    return ConsentRecord(
        number_id=correction.number_id,
        program_id=correction.program_id,
        act=act,
        occurred_at=datetime.fromisoformat(at) if at else None,
        precision=details.get("precision", Precision.SECOND),
        occurred_text=details.get("time_text", "")[:80],
        zone=details.get("zone", ""),
        received_at=now,
        recorded_by_id=correction.decided_by_id,
        approved_by_id=correction.second_by_id,
    )


def add_to_ledger(correction: Correction, now: datetime) -> None:
    for place, record in enumerate(drafts(correction, now)):
        record.source_event_id = f"correction-{correction.pk}-{place}"
        record.save()
        if place == 0:
            correction.record = record
            correction.save(update_fields=["record"])
