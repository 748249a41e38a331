"""Patterns: which sends fail more than they should."""

from errors.patterns.counts import ATTRIBUTES, Counts
from errors.patterns.find import find
from errors.patterns.pattern import Comparison, Found, Limits, Pattern
from errors.patterns.words import place, sentence

__all__ = ["ATTRIBUTES", "Comparison", "Counts", "Found", "Limits", "Pattern", "find", "place", "sentence"]
