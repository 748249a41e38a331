"""Reasons, warnings, values and consequences of log rows as staff read them."""

from __future__ import annotations

from consent.intake.words import WORDS as CONSENT_WORDS
from consent.intake.words import words as consent_words
from errors.life import Status

STATUSES = {
    Status.UNMAPPED: "Status nobody explained",
    Status.QUEUED: "Queued",
    Status.SUBMIT_UNKNOWN: "No answer to the request",
    Status.ACCEPTED: "Accepted by the provider",
    Status.SCHEDULED: "Scheduled",
    Status.SENDING: "Being sent",
    Status.SENT: "Handed to the operator",
    Status.DELIVERY_UNKNOWN: "Delivery not known",
    Status.CANCELED: "Cancelled",
    Status.BLOCKED: "Blocked by us",
    Status.PARTIALLY_DELIVERED: "Partly delivered",
    Status.EXPIRED: "Expired",
    Status.UNDELIVERED: "Not delivered",
    Status.FAILED: "Failed",
    Status.REJECTED: "Rejected by the provider",
    Status.DELIVERED: "Delivered",
    Status.READ: "Read",
}

WORDS = {
    # why a row is rejected
    "no_provider": "No provider",
    "no_reference": "No message reference",
    "reference_shortened": "Reference shortened by a spreadsheet",
    "reference_too_long": "Reference too long",
    "no_timestamp": "No time",
    "bad_timestamp": "Time not understood",
    "order_needed": "Order of day and month not known",
    # what else becomes of a row
    "another_report": "Another report about the same message",
    "same_report_again": "Same report again",
    # warnings
    "recipient_unread": "Recipient is no number that exists",
    "status_unmapped": "Status word nobody explained",
    "code_shortened": "Error code shortened by a spreadsheet",
    # what a row says
    **{status.value: words for status, words in STATUSES.items()},
    # what confirming would mean
    "new_send": "are messages we did not know",
    "known_send": "are about messages we know already",
    "new_failure": "of these failed",
    "unmapped": "have a status word that nobody explained; they count as neither sent nor failed",
}


def words(code: str) -> str:
    return WORDS.get(code) or (
        consent_words(code) if code in CONSENT_WORDS else code.replace("_", " ").capitalize()
    )
