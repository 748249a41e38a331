from errors.models.attempt import AttemptEvent, ParkedEvent, SendAttempt
from errors.models.campaign import CampaignCheck
from errors.models.code import ErrorCode, StaleCode
from errors.models.fix import Fix, Verification
from errors.models.number import NumberFinding
from errors.models.pattern import Pattern, PatternEvent, PatternRun, Sighting, StalePattern
from errors.models.quality import QualityFinding
from errors.models.replay import ReplayFailure, ReplayHits, ReplayLine, ReplayStale, RuleReplay
from errors.models.rollup import DIMENSIONS, AttemptHour, TouchedHour
from errors.models.rule import PreflightRule, RuleStamp, StaleRule

__all__ = [
    "DIMENSIONS",
    "AttemptEvent",
    "AttemptHour",
    "CampaignCheck",
    "ErrorCode",
    "Fix",
    "NumberFinding",
    "ParkedEvent",
    "Pattern",
    "PatternEvent",
    "PatternRun",
    "PreflightRule",
    "QualityFinding",
    "ReplayFailure",
    "ReplayHits",
    "ReplayLine",
    "ReplayStale",
    "RuleReplay",
    "RuleStamp",
    "SendAttempt",
    "Sighting",
    "StaleCode",
    "StalePattern",
    "StaleRule",
    "TouchedHour",
    "Verification",
]
