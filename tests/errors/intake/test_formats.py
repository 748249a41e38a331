"""The exports of the usual providers, each read by the system that ships for it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from backoffice.imports import mapping
from backoffice.imports.importer import Outcome
from backoffice.models import System
from consent.models import ConsentRecord
from errors.models import AttemptEvent, SendAttempt
from errors.ready_made import READY_MADE
from tests.consent.intake.make import checked, taken_in, upload

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"
AS_OF = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)
AC = "AC0000000000000000000000000000000a"
US = "+1212555010"
UK = "+4474001234"


VONAGE, TELNYX, BIRD = (
    "aaaaaaaa-bbbb-cccc-dddd-0123456789a",
    "40385f64-5717-4562-b3fc-2c963f66afa",
    "e8077d803532c0b5937c639b6021693",
)


class Sent(NamedTuple):
    ref: str
    status: str
    code: str
    number: str
    sender: str
    segments: int | None
    at: str  # UTC


class Format(NamedTuple):
    file: str
    system: str
    sends: list[Sent]
    out: set[str] = set()  # numbers that are known to have opted out by it
    bad_lines: tuple[int, ...] = ()
    replies: int = 0  # rows that say nothing about consent


def sm(end: str) -> str:
    return f"SM{end:0>32}"


FORMATS = [
    Format(
        "twilio_console.csv",
        "twilio",
        [
            Sent(sm("1"), "delivered", "", f"{US}1", "+14155550100", 1, "14:00:03"),
            Sent(sm("2"), "undelivered", "30006", f"{UK}56", "ACME", 1, "14:00:05"),
            Sent(sm("3"), "failed", "21610", f"{US}3", "+14155550100", 1, "14:00:06"),
            Sent(sm("5"), "read", "", f"{US}4", "+14155550100", 1, "14:03:00"),
        ],
        {f"{US}1", f"{US}3"},
    ),
    Format(
        "twilio_console_old.csv",
        "twilio",
        [
            Sent(sm("11"), "delivered", "", f"{US}1", "+14155550100", 1, "14:00:03"),
            Sent(sm("12"), "failed", "", f"{US}2", "+14155550100", 1, "14:00:04"),
        ],
    ),
    Format(
        "twilio_api.csv",
        "twilio",
        [
            Sent(sm("21"), "accepted", "", f"{US}1", "", 1, "14:00:01"),
            Sent(sm("22"), "failed", "30007", f"{US}2", "+14155550100", 1, "14:00:02"),
        ],
    ),
    Format(
        "twilio_bulk_export.jsonl",
        "twilio",
        [
            Sent(sm("31"), "delivered", "", f"{US}1", "+14155550100", 1, "14:00:02"),
            Sent(sm("32"), "undelivered", "30003", f"{US}2", "+14155550100", 1, "14:00:03"),
        ],
        {f"{US}2"},
        bad_lines=(3,),
    ),
    Format(
        "vonage_sms_outbound.csv",
        "vonage",
        [
            Sent(f"{VONAGE}1", "delivered", "", f"{UK}56", "ACME", None, "14:00:00"),
            Sent(f"{VONAGE}2", "rejected", "9", f"{UK}57", "ACME", None, "14:00:01"),
            Sent(f"{VONAGE}3", "sent", "", f"{UK}58", "ACME", None, "14:00:02"),
        ],
        {f"{UK}57"},
    ),
    Format(
        "plivo_mdr.csv",
        "plivo",
        [
            Sent("5b40a428-bfc7-4daf-9d06-726c558bf3b8", "delivered", "", f"{US}1", "14155550100", 2, "14:00:15"),
            Sent("6f1f4bde-a5d4-4a1b-8f0f-2f0b5b4d7a01", "undelivered", "200", f"{US}2", "14155550100", 1, "14:01:15"),
        ],
        {f"{US}2"},
        replies=1,
    ),
    Format(
        "telnyx_mdr.csv",
        "telnyx",
        [
            Sent(f"{TELNYX}6", "delivered", "", f"{US}1", "+14155550100", 1, "14:00:01"),
            Sent(f"{TELNYX}7", "failed", "40300", f"{US}2", "+14155550100", 1, "14:01:00"),
            Sent(f"{TELNYX}8", "delivery_unknown", "", f"{US}3", "+14155550100", 1, "14:02:01"),
        ],
        {f"{US}2"},
        replies=1,
    ),
    Format(
        "bandwidth_messages.json",
        "bandwidth",
        [
            Sent("1589228074636lm4k2je7j7jklbn2", "delivered", "", f"{US}1", "+14155550100", 1, "14:00:00"),
            Sent("1589228074636lm4k2je7j7jklbn3", "failed", "4475", f"{US}2", "+14155550100", 2, "14:00:01"),
            Sent("1589228074636lm4k2je7j7jklbn4", "failed", "4720", f"{US}3", "+14155550100", 1, "14:00:02"),
        ],
        {f"{US}2"},
    ),
    Format(
        "infobip_logs.json",
        "infobip",
        [
            Sent("30000000000000000001", "delivered", "", f"{UK}56", "ACME", 1, "14:00:00"),
            Sent("30000000000000000002", "undelivered", "EC_ABSENT_SUBSCRIBER", f"{UK}57", "ACME", 1, "14:00:00"),
            Sent("30000000000000000003", "rejected", "REJECTED_DND", f"{UK}58", "ACME", 1, "14:00:00"),
        ],
        {f"{UK}58"},
    ),
    Format(
        "aws_sns_usage.csv",
        "aws-sns",
        [
            Sent("96a298ac-1458-4825-a7eb-7330e0720b01", "delivered", "", f"{US}1", "", 1, "14:00:00"),
            Sent(
                "96a298ac-1458-4825-a7eb-7330e0720b02",
                "partially_delivered",
                "Phone is currently unreachable/unavailable",
                f"{US}2",
                "",
                2,
                "14:00:01",
            ),
            Sent(
                "96a298ac-1458-4825-a7eb-7330e0720b03",
                "undelivered",
                "Phone number is opted out",
                f"{US}3",
                "",
                1,
                "14:00:02",
            ),
        ],
        {f"{US}3"},
    ),
    Format(
        "aws_sns_cloudwatch.jsonl",
        "aws-sns",
        [
            Sent("34d9b400-c6dd-5444-820d-fbeb0f1f54c1", "delivered", "", f"{US}1", "", 1, "14:00:00"),
            Sent(
                "1077257a-92f3-5ca3-bc97-6a915b310625",
                "undelivered",
                "Unknown error attempting to reach phone",
                f"{US}2",
                "",
                1,
                "14:00:02",
            ),
            Sent(
                "1077257a-92f3-5ca3-bc97-6a915b310626",
                "undelivered",
                "Phone number is opted out",
                f"{US}3",
                "",
                1,
                "14:00:03",
            ),
        ],
        {f"{US}3"},
    ),
    Format(
        "aws_sms_events.jsonl",
        "aws-sms",
        [
            Sent("e1b1c1d1-0001", "delivered", "", f"{US}1", "+14155550100", 1, "14:00:00"),
            Sent("e1b1c1d1-0002", "undelivered", "TEXT_BLOCKED", f"{US}2", "+14155550100", 1, "14:00:01"),
        ],
    ),
    Format(
        "sinch_reports.jsonl",
        "sinch",
        [
            Sent("01FC66621XXXXX119Z8PMV1QPQ/12125550101", "delivered", "", f"{US}1", "", None, "14:00:03"),
            Sent("01FC66621XXXXX119Z8PMV1QPQ/12125550102", "rejected", "403", f"{US}2", "", None, "14:00:04"),
        ],
    ),
    Format(
        "messagebird_reports.csv",
        "messagebird",
        [
            Sent(f"{BIRD}8/31612345678", "delivered", "", "+31612345678", "ACME", 1, "14:00:00"),
            Sent(f"{BIRD}9/31612345679", "undelivered", "103", "+31612345679", "ACME", 1, "14:00:01"),
        ],
        {"+31612345679"},
    ),
]  # fmt: skip
formats = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.file)


def take(form: Format, content: bytes | None = None, name: str = "") -> list[Outcome]:
    content = (FILES / form.file).read_bytes() if content is None else content
    batch = upload(form.system, content, name or form.file, as_of=AS_OF)
    assert mapping.suggest(batch)[1] is not None, "the mapping that ships does not fit"
    outcomes = taken_in(batch)
    assert batch.adds_up
    return outcomes


def sends() -> list[Sent]:
    return [
        Sent(
            a.message_ref,
            a.status,
            a.error_code,
            a.number.e164 if a.number else a.recipient,
            a.sender,
            a.segments,
            f"{a.submitted_at.astimezone(UTC):%H:%M:%S}",
        )
        for a in SendAttempt.objects.select_related("number").order_by("submitted_at", "message_ref")
    ]


@formats
def test_every_row_becomes_what_it_says(form: Format) -> None:
    outcomes = take(form)
    assert sends() == form.sends
    out = ConsentRecord.objects.filter(act="revoke").values_list("number__e164", flat=True)
    assert set(out) == form.out
    assert tuple(o.line for o in outcomes if o.bucket == "rejected") == form.bad_lines
    assert sum(o.reason in {"ordinary_reply", "from_short_code"} for o in outcomes) == form.replies


@formats
def test_the_same_export_again_adds_nothing(form: Format) -> None:
    take(form)
    before = sends(), AttemptEvent.objects.count(), ConsentRecord.objects.count()
    again = take(form, (FILES / form.file).read_bytes() + b"\n")
    assert (sends(), AttemptEvent.objects.count(), ConsentRecord.objects.count()) == before
    assert {o.bucket for o in again} <= {"unchanged", "duplicate", "rejected"}


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content)


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("report_SMS_abcd1234_20260504.csv", content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file", "packed", "name"),
    [
        ("twilio_bulk_export.jsonl", gzipped, "2026-05-04.json.gz"),
        ("vonage_sms_outbound.csv", zipped, "report.zip"),
    ],
)
def test_an_export_may_stay_in_its_archive(file: str, packed: Callable[[bytes], bytes], name: str) -> None:
    form = next(form for form in FORMATS if form.file == file)
    outcomes = take(form, packed((FILES / file).read_bytes()), name)
    assert sends() == form.sends
    assert tuple(o.line for o in outcomes if o.bucket == "rejected") == form.bad_lines


@formats
def test_the_preview_says_what_the_run_does(form: Format) -> None:
    content = (FILES / form.file).read_bytes()
    foreseen = checked(upload(form.system, content, form.file, as_of=AS_OF))
    done = take(form, content + b"\n")
    told = ("line", "bucket", "reason", "number", "value", "at")
    assert [[getattr(o, name) for name in told] for o in foreseen] == [
        [getattr(o, name) for name in told] for o in done
    ]


def test_every_log_that_ships_has_a_system_and_a_mapping_that_is_in_use() -> None:
    for ready in READY_MADE:
        system = System.objects.get(slug=ready.slug)
        assert (system.importer, system.kind) == ("errors", System.Kind.REPLIES)
        assert mapping.mapping_in_use(system) is not None
