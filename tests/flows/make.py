"""Files as systems export them, and the steps that staff and workers take with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile

from backoffice.imports import check, mapping, receive, run
from backoffice.models import ImportBatch, System
from consent.models import Program, Sender, Wording

SENDER = "+14155550100"
AS_OF = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
START = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)

HUBSPOT = (
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Mobile Phone Number",
    "SMS Opt-In",
    "SMS Consent Date",
)
KLAVIYO = (
    "Klaviyo ID",
    "Phone Number",
    "First Name",
    "Last Name",
    "Email",
    "SMS Consent",
    "SMS Consent Timestamp",
)
TWILIO = ("Sid", "DateSent", "Direction", "From", "To", "Body", "ErrorCode")
WEB_FORM = (
    "submission_id",
    "submitted_at",
    "phone",
    "country",
    "program",
    "wording_version",
    "sms_checkbox",
    "page_url",
)


def program() -> Program:
    """Marketing texts from one number, with one wording."""
    made = Program.objects.get(code="marketing")
    made.senders.add(Sender.objects.get_or_create(address=SENDER)[0])
    Wording.objects.get_or_create(
        code="signup-1", defaults={"program": made, "text": "Yes, text me offers. Reply STOP to end."}
    )
    return made


def phone(serial: int) -> str:
    """A number that can exist, another one for each serial below 1,000,000."""
    return f"+1212{2_340_000 + serial}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([head, *rows])
    return stream.getvalue()


def crm_file(rows: int) -> str:
    """A CRM's export with what real ones have: repeats far apart, conflicts, rows nobody can read."""
    words = ("Yes", "No", "", "Unsubscribed", "Yes")

    def row(at: int) -> tuple[object, ...]:
        serial, status = at, words[at % len(words)]
        if at % 53 == 7:
            serial = at // 3  # stands far above already, now and then with another status
        number = "call reception" if at % 97 == 5 else phone(serial)
        if at % 89 == 3:
            status = "maybe later"
        day = START + timedelta(minutes=17 * at)
        return (
            50_000 + at,
            f"Ana{at}",
            "Lopez",
            f"ana{at}@example.com",
            number,
            status,
            f"{day:%Y-%m-%d %H:%M}",
        )

    return table(HUBSPOT, map(row, range(rows)))


def message_log(rows: int) -> str:
    """An inbound log: stops, other words, the provider's own lines, the same message delivered twice."""
    said = ("STOP", "thanks!", "Please take me off this list", "START", "who is this?", "Stop all")

    def row(at: int) -> tuple[object, ...]:
        sid = at - 40 if at % 59 == 50 else at
        moment = START + timedelta(minutes=11 * sid)
        inbound = sid % 3 != 2
        ours, theirs = SENDER, phone(sid % 1_700)
        sent = f"{moment:%a, %d %b %Y %H:%M:%S} +0000"
        body = said[sid % len(said)] if inbound else "Acme: 10% off. Reply STOP to opt out"
        return (
            *(f"SM{sid:032x}", sent, "inbound" if inbound else "outbound-api"),
            *((theirs, ours) if inbound else (ours, theirs)),
            *(body, "21610" if not inbound and sid % 7 == 1 else ""),
        )

    return table(TWILIO, map(row, range(rows)))


def send_log(rows: int) -> str:
    """A log of sends: messages in parts, later reports about earlier ones, numbers that do not exist, repeats."""
    ends = (("delivered", ""), ("undelivered", "30005"), ("sent", ""), ("failed", "21610"), ("lost", "X-17"))

    def row(at: int) -> tuple[object, ...]:
        ref = at - 30 if at % 7 == 3 else at
        status, code = ends[(ref + (at != ref)) % len(ends)]
        moment = START + timedelta(minutes=7 * ref)
        to = "+1555" if ref % 41 == 5 else phone(ref % 300)
        part = at % 2 + 1 if ref % 11 == 4 else ""
        return (
            f"m{ref}",
            f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "twilio",
            to,
            status,
            code,
            part,
            2 if part else "",
        )

    head = ["message_ref", "sent_at", "provider", "to", "status", "error_code", "part", "parts"]
    return table(head, map(row, range(rows)))


def web_form(*people: tuple[str, datetime]) -> str:
    """Opt-ins by form: (number, when)."""
    return table(
        WEB_FORM,
        [
            (
                f"S{at}{number[-4:]}",
                f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                number,
                "US",
                "marketing",
                "signup-1",
                "on",
                "https://shop.example",
            )
            for at, (number, moment) in enumerate(people)
        ],
    )


def replies(*messages: tuple[str, str, datetime]) -> str:
    """Inbound messages: (from, text, when)."""
    return table(
        TWILIO,
        [
            (
                f"SM{at:04d}{number[1:]}",
                f"{moment:%a, %d %b %Y %H:%M:%S} +0000",
                "inbound",
                number,
                SENDER,
                text,
                "",
            )
            for at, (number, text, moment) in enumerate(messages)
        ],
    )


def hubspot(*contacts: tuple[str, str]) -> str:
    """A CRM's export: (number, status word)."""
    return table(
        HUBSPOT,
        [
            (f"H{number[1:]}", "Ana", "Lopez", "", number, word, "2026-02-01 10:00")
            for number, word in contacts
        ],
    )


def klaviyo(*profiles: tuple[str, str]) -> str:
    """A messaging platform's export: (number, status word)."""
    return table(
        KLAVIYO,
        [
            (f"K{number[1:]}", number, "Ana", "Lopez", "", word, "2026-02-01T10:00:00Z")
            for number, word in profiles
        ],
    )


def received(slug: str, content: str, *, as_of: datetime = AS_OF, by: User | None = None) -> ImportBatch:
    """Uploaded and mapped with the columns that ship with the product."""
    system = System.objects.get(slug=slug)
    file = ContentFile(content.encode(), name=f"{slug}.csv")
    batch = receive.receive(
        system, file, f"{slug}.csv", by=by, as_of=as_of, now=max(as_of, datetime.now(UTC))
    )
    _, saved = mapping.suggest(batch)
    assert saved is not None, f"the file does not fit the mapping of {slug}"
    mapping.use_mapping(batch, saved)
    return batch


def previewed(slug: str, content: str, **given: Any) -> ImportBatch:
    """Checked, waiting for somebody to confirm it."""
    batch = received(slug, content, **given)
    batch.move(ImportBatch.Status.CHECKING)
    check.check(str(batch.pk), beat=nobody_watches)
    batch.refresh_from_db()
    return batch


def confirmed(
    slug: str, content: str, *, by: User | None = None, queue: bool = True, **given: Any
) -> ImportBatch:
    """Confirmed; with `queue` a worker is told."""
    batch = previewed(slug, content, by=by, **given)
    return run.confirm(batch, batch.confirm_token, by=by, now=datetime.now(UTC), queue=queue)


def taken_in(slug: str, content: str, **given: Any) -> ImportBatch:
    """Taken in here and now, without a break."""
    batch = confirmed(slug, content, queue=False, **given)
    run.run(str(batch.pk), beat=nobody_watches)
    batch.refresh_from_db()
    assert batch.adds_up
    return batch


def nobody_watches(**progress: Any) -> None:
    """In the foreground nobody asks how far it is."""
