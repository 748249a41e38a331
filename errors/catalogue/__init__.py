"""What error codes mean: 45 catalogues of providers and networks under one set of categories, in plain words.

A code alone is not a key: the same text means different things at different providers, in different products of one
provider, and before or after a message was accepted. Everything here is pure; what staff add lives in the model."""

from errors.catalogue.book import Catalogue, Meaning, shipped
from errors.catalogue.categories import (
    CATEGORIES,
    Adjust,
    Category,
    CategoryFacts,
    Retry,
    Severity,
    Signal,
    Suppresses,
)
from errors.catalogue.channels import Channel, channel_of, names_of, provider_label
from errors.catalogue.explain import Explanation, confidence_words, explain
from errors.catalogue.facts import Advice, CodeFacts, Confidence, Phase, Scope, advice
from errors.catalogue.normal import normal_code, place_of
from errors.catalogue.statuses import StatusWord, read_status
from errors.catalogue.tables import BrokenTable
from errors.catalogue.titles import contradicts

__all__ = [
    "CATEGORIES",
    "Adjust",
    "Advice",
    "BrokenTable",
    "Catalogue",
    "Category",
    "CategoryFacts",
    "Channel",
    "CodeFacts",
    "Confidence",
    "Explanation",
    "Meaning",
    "Phase",
    "Retry",
    "Scope",
    "Severity",
    "Signal",
    "StatusWord",
    "Suppresses",
    "advice",
    "channel_of",
    "confidence_words",
    "contradicts",
    "explain",
    "names_of",
    "normal_code",
    "place_of",
    "provider_label",
    "read_status",
    "shipped",
]
