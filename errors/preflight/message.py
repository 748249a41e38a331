"""What is checked: one message to one number, what is known about its recipient, and what was sent before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """Why a text is sent. A one-time code answers what the person does at this moment."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    OTP = "otp"


class Consent(StrEnum):
    """What the recipient agreed to for this program, as the rules of consent derived it."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    PENDING = "pending"  # double opt-in not finished
    TRANSACTIONAL = "transactional"  # but not marketing
    OTHER_CHANNEL = "other_channel"  # e-mail, say
    OLDER_THAN_OPTOUT = "older_than_optout"  # a later STOP ended it
    NONE = "none"


class Outcome(StrEnum):
    """What became of an earlier text."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # nobody knows whether the person got it


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or other file that goes with the text: its MIME type and size."""

    type: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text, rendered, on its way to one recipient.

    `to` and `country` are as they stand in the audience. `at` is when it will be sent: with a zone a moment,
    without one the recipient's own local time; None is now. `sender_registered` is None when nobody knows.
    `brand` is the name that must be in the text; `values` are what was filled into its fields. `folded`: the
    provider writes plain quotation marks and the like itself. `held`: a flag holds the recipient's journeys.
    The ids at the end say what counts as the same text again; `automatic` is False when a person pressed the
    button.
    """

    body: str
    to: str
    sender: str
    purpose: Purpose
    consent: Consent
    country: str | None = None
    state: str | None = None
    at: datetime | None = None
    provider: str = ""
    sender_registered: bool | None = None
    consent_at: datetime | None = None
    opted_out_at: datetime | None = None
    held: bool = False
    brand: str | None = None
    values: Mapping[str, str] | None = None
    folded: bool = False
    media: tuple[Media, ...] = ()
    dlt_entity: str | None = None
    dlt_template: str | None = None
    contact: str | None = None
    campaign: str | None = None
    step: str | None = None
    command: str | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An earlier text to the same number, or to the same contact, by us. `to` is in E.164 form."""

    to: str
    sender: str
    body: str
    at: datetime
    purpose: Purpose = Purpose.TRANSACTIONAL
    outcome: Outcome = Outcome.SENT
    contact: str | None = None
    campaign: str | None = None
    step: str | None = None
    command: str | None = None
