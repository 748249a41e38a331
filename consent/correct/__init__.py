"""Take a decision about a number and program, or about a flag, and document it.

    decide     a reviewer chose: applied at once, or proposed where a second person is needed
    approve    the second person agrees; refuse: does not, or the author takes it back
    undo       while nothing has left the house
    align_all  one protective decision for many flags, each on its own
    outlook    what a decision would do, before it is taken

A decision, its ledger record, the new agreed status, holds, write-backs, moves of flags and the audit
entry commit together. Nobody sets a status: decisions add to the ledger or ask systems to follow it.
"""

from consent.correct.choice import (
    ALWAYS_TWO,
    NO_MOMENT,
    Choice,
    Moment,
    NothingToWrite,
    Refused,
    SamePerson,
    Seen,
    StopStands,
    Subject,
    TooLate,
)
from consent.correct.decide import decide
from consent.correct.many import Outcome, Pick, about_settings, align_all, bulk_limit, waive_settings
from consent.correct.outlook import Outlook, outlook
from consent.correct.records import CHANNELS
from consent.correct.second import approve, choice_of, mark_of, refuse
from consent.correct.stop import evidence_id, evidence_row, stop_stands, voidable
from consent.correct.take_back import can_undo, undo

__all__ = [
    "ALWAYS_TWO",
    "CHANNELS",
    "NO_MOMENT",
    "Choice",
    "Moment",
    "NothingToWrite",
    "Outcome",
    "Outlook",
    "Pick",
    "Refused",
    "SamePerson",
    "Seen",
    "StopStands",
    "Subject",
    "TooLate",
    "about_settings",
    "align_all",
    "approve",
    "bulk_limit",
    "can_undo",
    "choice_of",
    "decide",
    "evidence_id",
    "evidence_row",
    "mark_of",
    "outlook",
    "refuse",
    "stop_stands",
    "undo",
    "voidable",
    "waive_settings",
]
