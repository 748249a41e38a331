from errors.models.attempt import AttemptEvent, ParkedEvent, SendAttempt
from errors.models.code import ErrorCode, StaleCode
from errors.models.fix import Fix, Verification
from errors.models.number import NumberFinding
from errors.models.pattern import Pattern, PatternEvent, PatternRun, Sighting, StalePattern
from errors.models.rollup import DIMENSIONS, AttemptHour, TouchedHour

__all__ = [
    "DIMENSIONS",
    "AttemptEvent",
    "AttemptHour",
    "ErrorCode",
    "Fix",
    "NumberFinding",
    "ParkedEvent",
    "Pattern",
    "PatternEvent",
    "PatternRun",
    "SendAttempt",
    "Sighting",
    "StaleCode",
    "StalePattern",
    "TouchedHour",
    "Verification",
]
