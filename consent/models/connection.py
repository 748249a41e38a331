"""How a system is written to and read over HTTP, and whether it answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from backoffice.models import System
from backoffice.secrets import Secret, SecretField
from consent import placeholders
from consent.cells import Meaning
from consent.placeholders import BadTemplate

BUILT_IN = ("number", "digits", "ref", "value", "key", "program", "decided_at")
OPERATIONS = ("write", "read", "hold", "release")
# What changes the bodies that are sent: with any of these the keys of repeats change too.
SHAPING = (
    *("base_url", "headers", "variables", "word_in", "word_out", "content_type", "key_header"),
    *(f"{operation}_{part}" for operation in OPERATIONS for part in ("method", "path", "body")),
)


class Connection(models.Model):
    """One system's HTTP interface: what to send for an opt-out, where its answer shows what it believes, how it lets
    us in. Kept by administrators; its breaker is moved by consent.settle."""

    class Auth(models.TextChoices):
        NONE = "none", "None"
        BEARER = "bearer", "Bearer token"
        BASIC = "basic", "Name and password (Basic)"
        HEADER = "header", "A header of its own"
        OAUTH = "oauth", "OAuth 2 client credentials"

    class ContentType(models.TextChoices):
        JSON = "json", "JSON"
        FORM = "form", "Form fields, one name=value a line"

    class NotFound(models.TextChoices):
        UNKNOWN = Meaning.UNKNOWN.value, "It says nothing about the number"
        OUT = Meaning.OUT.value, "The number is not texted: as good as opted out"
        IN = Meaning.IN.value, "It texts whoever it does not know"

    METHODS = [(method, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]

    system = models.OneToOneField(System, on_delete=models.PROTECT, related_name="connection")
    ready_made = models.CharField(max_length=40, blank=True)  # the shipped settings it began as
    base_url = models.CharField(max_length=300, blank=True, help_text="For example https://api.example.com")
    auth = models.CharField(max_length=8, choices=Auth, default=Auth.BEARER)
    auth_name = models.CharField(
        max_length=200,
        blank=True,
        help_text="User name, name of the header, or client id: as the way in needs it.",
    )
    secret: models.Field[Any, Secret] = SecretField(help_text="Token, password, key or client secret.")
    token_url = models.CharField(
        max_length=300, blank=True, help_text="OAuth only: the address that gives out tokens."
    )
    headers = models.TextField(
        blank=True, help_text="Sent with every request, one “Name: value” a line. No secrets here."
    )
    key_header = models.CharField(
        max_length=60, blank=True, help_text="Header that makes a repeat harmless, e.g. Idempotency-Key."
    )
    content_type = models.CharField(max_length=4, choices=ContentType, default=ContentType.JSON)
    # {"list_id": "abc", "job": "create|delete"}: placeholders of this system; with a bar, for in and for out.
    variables = models.JSONField(default=dict, blank=True)
    word_in = models.CharField(max_length=60, blank=True, default="in", help_text="{value} for an opt-in.")
    word_out = models.CharField(max_length=60, blank=True, default="out", help_text="{value} for an opt-out.")

    write_method = models.CharField(max_length=6, choices=METHODS, default="PUT")
    write_path = models.CharField(
        max_length=500, blank=True, help_text="After the base address, e.g. /contacts/{ref}"
    )
    write_body = models.TextField(blank=True)
    read_method = models.CharField(max_length=6, choices=METHODS, default="GET")
    read_path = models.CharField(
        max_length=500, blank=True, help_text="Empty: the next import shows what it believes."
    )
    read_body = models.TextField(blank=True)
    read_value = models.CharField(
        max_length=200,
        blank=True,
        help_text="Where the value stands in the answer: data.status, items.0.status or results[channel=SMS].status.",
    )
    words_read = models.JSONField(default=dict, blank=True)  # {"SUBSCRIBED": "in", …}, cells.Meaning
    not_found_means = models.CharField(max_length=8, choices=NotFound, default=NotFound.UNKNOWN)
    error_path = models.CharField(
        max_length=200,
        blank=True,
        help_text="Where a successful answer tells of an error all the same: “error”, or with the word it then has, "
        "“status=failed”.",
    )
    settle_seconds = models.PositiveIntegerField(
        default=60, help_text="How long a change may take to show when it is read back."
    )
    hold_method = models.CharField(max_length=6, choices=METHODS, default="POST")
    hold_path = models.CharField(max_length=500, blank=True, help_text="Empty: holds are not pushed.")
    hold_body = models.TextField(blank=True)
    release_method = models.CharField(max_length=6, choices=METHODS, default="POST")
    release_path = models.CharField(max_length=500, blank=True)
    release_body = models.TextField(blank=True)
    at_once = models.PositiveSmallIntegerField(
        default=1, help_text="Requests on their way at the same time, at most 8; never two for one number."
    )
    revision = models.PositiveIntegerField(default=1)  # grows when what is sent changes
    checked_at = models.DateTimeField(null=True, editable=False)  # a person tried it and it answered

    # The breaker. Nothing leaves before paused_until; then one request tries whether it answers again.
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row
    pauses = models.PositiveIntegerField(default=0, editable=False)  # in a row
    paused_until = models.DateTimeField(null=True, editable=False)
    paused_why = models.TextField(blank=True, editable=False)
    is_stopped = models.BooleanField(default=False, editable=False)  # until a person mends it
    answered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(at_once__gte=1, at_once__lte=8), name="connection_at_once_1_to_8"
            ),
        ]

    def __str__(self) -> str:
        return f"connection to {self.system}"

    # --- what is sent ---------------------------------------------------------------------------------------

    @property
    def can_write(self) -> bool:
        return bool(self.base_url and self.write_path)

    @property
    def can_read(self) -> bool:
        return bool(self.base_url and self.read_path and self.read_value)

    @property
    def can_hold(self) -> bool:
        return bool(self.base_url and self.hold_path and self.release_path)

    @property
    def known(self) -> set[str]:
        return {*BUILT_IN, *self.variables}

    def values(
        self, *, number: str, ref: str, program: str, value: str, key: str, decided_at: str = ""
    ) -> dict[str, str]:
        """What the placeholders stand for; `value` is "in" or "out", `key` names what is repeated."""
        is_in = value == Meaning.IN.value
        return {
            **{name: _choice(text, is_in) for name, text in self.variables.items()},
            "number": number,
            "digits": number.lstrip("+"),
            "ref": ref or number,
            "program": program,
            "value": self.word_in if is_in else self.word_out,
            "key": uuid.uuid5(uuid.NAMESPACE_URL, f"{key}:{self.revision}").hex,
            "decided_at": decided_at,
        }

    def header_lines(self) -> list[tuple[str, str]]:
        lines = [line.partition(":") for line in self.headers.splitlines() if line.strip()]
        return [(name.strip(), value.strip()) for name, _, value in lines]

    def meaning_of(self, word: str) -> Meaning | None:
        """What a word of its answer means; None: nobody explained it."""
        by_word = {key.casefold(): meaning for key, meaning in self.words_read.items()}
        found = by_word.get(word.casefold())
        return Meaning(found) if found else None

    def clean(self) -> None:
        problems: dict[str, str] = {}
        for name in self._templates():
            try:
                self._check(name)
            except BadTemplate as problem:
                problems[name] = str(problem)
        if self.base_url and not self.base_url.startswith(("https://", "http://")):
            problems["base_url"] = "Write the whole address, beginning with https://"
        for name in ("base_url", "token_url"):
            if placeholders.names(getattr(self, name)) - set(self.variables):
                problems[name] = "Only variables of this system may stand in this address."
        if self.auth == self.Auth.OAUTH and not self.token_url:
            problems["token_url"] = "Where are tokens given out? Usually …/oauth/token"  # noqa: S105  # an address
        if self.auth in {self.Auth.BASIC, self.Auth.HEADER, self.Auth.OAUTH} and not self.auth_name:
            problems["auth_name"] = "This way in needs a name."
        if self.read_path and not self.read_value:
            problems["read_value"] = "Where does the answer say what it believes?"
        if bool(self.hold_path) != bool(self.release_path):
            problems["release_path"] = "What can be held must be released: fill in both or none."
        if problems:
            raise ValidationError(problems)

    def _templates(self) -> list[str]:
        named = [f"{operation}_{part}" for operation in OPERATIONS for part in ("path", "body")]
        return [*named, "headers", "read_value", "error_path"]

    def _check(self, name: str) -> None:
        template = getattr(self, name)
        if not template:
            return
        if name in {"read_value", "error_path"}:
            if name == "read_value":
                placeholders.check(template, self.known)
                template = placeholders.plain(template, dict.fromkeys(self.known, "x"))
            placeholders.check_path(template if name == "read_value" else error_place(template)[0])
            return
        placeholders.check(template, self.known)
        if name == "headers" and any(not key or not value for key, value in self.header_lines()):
            raise BadTemplate("Write one “Name: value” a line.")
        if name.endswith("_path") and not template.startswith("/"):
            raise BadTemplate("Begin with a slash; the base address stands before it.")
        if name.endswith("_body"):
            sample = self.values(number="+14155550100", ref="1", program="p", value="out", key="k")
            is_json = self.content_type == self.ContentType.JSON
            fill = placeholders.in_json if is_json else placeholders.in_form
            fill(template, sample, self.literal)

    @property
    def literal(self) -> frozenset[str]:
        """Placeholders that may become a truth or a number in JSON: those that are settings, not data."""
        return frozenset({"value", *self.variables})

    # --- whether it answers ---------------------------------------------------------------------------------

    def is_open_for_business(self, now: datetime) -> bool:
        return not self.is_stopped and (self.paused_until is None or self.paused_until <= now)

    @property
    def is_on_probation(self) -> bool:
        """It was paused and has not answered since: one request at a time tries."""
        return self.pauses > 0

    def answered(self, now: datetime) -> None:
        Connection.objects.filter(pk=self.pk).update(
            failures=0, pauses=0, paused_until=None, paused_why="", is_stopped=False, answered_at=now
        )

    def pause(self, until: datetime, why: str) -> None:
        Connection.objects.filter(pk=self.pk).update(
            paused_until=until, paused_why=why, pauses=F("pauses") + 1
        )

    def stop(self, why: str) -> None:
        """Nothing leaves until a person changes the settings or tries again."""
        Connection.objects.filter(pk=self.pk).update(is_stopped=True, paused_why=why, pauses=F("pauses") + 1)

    def try_again(self) -> None:
        """A person asks: the next request may leave at once, and shows whether it answers."""
        Connection.objects.filter(pk=self.pk).update(is_stopped=False, paused_until=None, paused_why="")


def error_place(text: str) -> tuple[str, str | None]:
    """“status=failed” as (path, word); the word is None where anything at that place is an error."""
    inside = text.rfind("]")
    path, equals, word = text[inside + 1 :].partition("=")
    return text[: inside + 1] + path.strip(), word.strip() if equals else None


def _choice(text: str, is_in: bool) -> str:
    first, bar, second = text.partition("|")
    return (first if is_in or not bar else second).strip()


# How long a system that does not answer is left alone: doubles with each try that fails.
def pause_after(pauses: int, shortest: timedelta, longest: timedelta) -> timedelta:
    return min(longest, shortest * 2 ** min(pauses, 16))


def unchanged_shape(before: Mapping[str, Any], after: Connection) -> bool:
    """Whether what is sent stayed the same."""
    return all(before.get(name) == getattr(after, name) for name in SHAPING)
