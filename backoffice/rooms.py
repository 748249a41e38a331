"""What the rooms of the house tell the frame and the home page, without the ground floor knowing any of them.

An installed app that has a module `overview` is a room. Each of its functions is optional:

    entries(user, now)  -> [Entry]      lines of the navigation, counts included
    trust(now)          -> [TrustLine]  how fresh what it shows is
    sections(user, now) -> [Section]    its part of the home page
    find(query, user)   -> [Found]      its answers to the search box
    about_number(number_id, user) -> [Section]  what it knows of a number, for the page of that number
    messages(number_id, since, until, user) -> [Message]  what went out to a number
    lengths(text)       -> [Length]     how long a text is on its way
    of_call(system_id, said, user) -> [Hit]  what it made of a provider's call, by what the call says
    KINDS               {"kind": "words"} what its background runs are called
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User
from django.utils.module_loading import module_has_submodule

from backoffice.webhooks.shapes import Said


@dataclass(frozen=True)
class Entry:
    """One line of the navigation. `key` is pressed after "g"; `count` is what waits behind it, 0 shows
    none."""

    name: str
    label: str
    url: str
    icon: str
    key: str
    place: int
    count: int = 0
    count_of: str = ""
    alarming: bool = False


@dataclass(frozen=True)
class TrustLine:
    """One fact about freshness. `tone` is ok, warn or bad; lines with `short` also stand in the strip
    itself."""

    label: str
    text: str
    tone: str = "ok"
    short: str = ""
    at: datetime | None = None
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the home page: a template of the room's own with what it shows."""

    template: str
    place: int
    shown: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Found:
    """One group of answers. `more` says that the search stopped counting."""

    label: str
    icon: str
    hits: list[Hit]
    more: bool = False


@dataclass(frozen=True)
class Message:
    """One message to a person. `text` is empty where it was removed or never known; `url` is its own page."""

    at: datetime
    text: str
    sender: str
    outcome: str
    url: str


@dataclass(frozen=True)
class Length:
    """What a text costs: its encoding's name and its segments."""

    encoding: str
    segments: int


@cache
def rooms() -> tuple[ModuleType, ...]:
    return tuple(
        import_module(f"{config.name}.overview")
        for config in apps.get_app_configs()
        if config.module and module_has_submodule(config.module, "overview")
    )


def _ask(question: str, *about: Any) -> list[Any]:
    answers: list[Any] = []
    for room in rooms():
        if answer := getattr(room, question, None):
            answers.extend(answer(*about))
    return answers


def entries(user: User | AnonymousUser, now: datetime) -> list[Entry]:
    return sorted(_ask("entries", user, now), key=lambda entry: entry.place)


def trust(now: datetime) -> list[TrustLine]:
    return _ask("trust", now)


def sections(user: User | AnonymousUser, now: datetime) -> list[Section]:
    return sorted(_ask("sections", user, now), key=lambda section: section.place)


def find(query: str, user: User | AnonymousUser) -> list[Found]:
    return [found for found in _ask("find", query, user) if found.hits]


def about_number(number_id: int, user: User | AnonymousUser) -> list[Section]:
    return sorted(_ask("about_number", number_id, user), key=lambda section: section.place)


def messages(number_id: int, since: datetime, until: datetime, user: User | AnonymousUser) -> list[Message]:
    """What went out to a number between two moments, oldest first."""
    return sorted(_ask("messages", number_id, since, until, user), key=lambda message: message.at)


def of_call(system_id: int, said: Sequence[Said], user: User | AnonymousUser) -> list[Hit]:
    return _ask("of_call", system_id, said, user)


def length_of(text: str) -> Length | None:
    """None where no room measures texts."""
    return next(iter(_ask("lengths", text)), None)


@cache
def kinds() -> dict[str, str]:
    """Every kind of background run in plain words."""
    return {kind: words for room in rooms() for kind, words in getattr(room, "KINDS", {}).items()}


def kind_words(kind: str) -> str:
    return kinds().get(kind, kind.replace(".", " ").replace("_", " ").capitalize())


def worst(tones: Iterable[str]) -> str:
    order = ["ok", "warn", "bad"]
    return max(tones, key=order.index, default="ok")
