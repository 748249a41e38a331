"""Texts that people agree to: which version was shown when and where, and whether one says what it has to.

versions (which was in force) · elements (what a text has to say) · lint (what it says, and where) · plain (can it
be read) · marks (what a page shows)
"""

from consent.wording.elements import Element, Kind
from consent.wording.lint import Check, Linted, lint
from consent.wording.marks import Piece, changes, marked
from consent.wording.plain import Plain, plain
from consent.wording.versions import Match, Shown, Version, in_force, match, overlap

__all__ = [
    "Check",
    "Element",
    "Kind",
    "Linted",
    "Match",
    "Piece",
    "Plain",
    "Shown",
    "Version",
    "changes",
    "in_force",
    "lint",
    "marked",
    "match",
    "overlap",
    "plain",
]
