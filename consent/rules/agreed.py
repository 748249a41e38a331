"""The agreed status of one number under one program: status, reason, deciding records, when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.ledger import Evidence, Kind
from consent.rules.codes import Status
from consent.rules.findings import Finding

RULES_VERSION = 4


class Reason(StrEnum):
    """Why the status is what it is."""

    # what the person did
    HANDSET = "HANDSET"
    FORM = "FORM"
    ARTEFACT = "ARTEFACT"
    STOP = "STOP"
    CARRIER_BLOCK = "CARRIER_BLOCK"
    CHANNEL_LOGGED = "CHANNEL_LOGGED"
    CHANNEL = "CHANNEL"
    FREETEXT = "FREETEXT"
    COMPLAINT = "COMPLAINT"
    WRONG_NUMBER = "WRONG_NUMBER"
    # who says so
    STAFF = "STAFF"
    IMPORT = "IMPORT"
    SYNC = "SYNC"
    RND = "RND"
    DEACTIVATED = "DEACTIVATED"
    # what is missing
    DOUBLE_OPT_IN = "DOUBLE_OPT_IN"
    NEEDS_HANDSET_START = "NEEDS_HANDSET_START"
    TTL = "TTL"
    IMPLIED = "IMPLIED"
    UNPROVEN = "UNPROVEN"
    NUMBER_REASSIGNED = "NUMBER_REASSIGNED"
    NONE = "NONE"


REVOKED_BY = {kind: Reason[kind.name] for kind in Kind if kind.name in Reason.__members__} | {
    Kind.KEYWORD: Reason.STOP,
    Kind.CARRIER: Reason.CARRIER_BLOCK,
}
GRANTED_BY = {
    Kind.HANDSET: Reason.HANDSET,
    Kind.KEYWORD: Reason.HANDSET,
    Kind.FORM: Reason.FORM,
    Kind.ARTEFACT: Reason.ARTEFACT,
}


@dataclass(frozen=True, slots=True)
class Silence:
    """From when a revocation asked for silence, and until when: None while nothing ended it."""

    revocation: Evidence
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Background:
    """What the ledger says beyond the status; a comparison with the systems needs it."""

    silences: tuple[Silence, ...] = ()
    stop_on_record: bool = False  # some revocation other than the provider's own report, ended or not
    blocks: tuple[Evidence, ...] = ()  # the provider's reports that are still in force
    stop_all: tuple[Evidence, ...] = ()  # STOP ALLs in force, but for those sent to the program's own sender
    elsewhere: tuple[Evidence, ...] = ()  # consents for other programs, where this one has none


NO_BACKGROUND = Background()


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the ledger says. `deciding` are the records behind `decided_by`, the weightiest first; `notes` are
    sentences for staff.

    `recheck_at` is the next moment at which time alone changes status, reason or findings; None if never.
    """

    status: Status
    reason: Reason
    decided_by: tuple[str, ...] = ()
    recheck_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    deciding: tuple[Evidence, ...] = ()
    background: Background = NO_BACKGROUND
