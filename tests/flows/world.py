"""One of everything, made by the product's own verbs where it has one: files taken in, flags raised by reconciling,
a decision with its write-backs, runs in every state."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

from django.core.files.base import File
from django.core.management import call_command
from django.utils import timezone

from backoffice.access import AGENT, SUPERVISOR
from backoffice.imports import check, mapping, receive
from backoffice.jobs import unwatched
from backoffice.models import (
    AuditEntry,
    ImportBatch,
    JobRun,
    SavedView,
    System,
    WebhookCall,
    WebhookEndpoint,
    WebhookWork,
)
from backoffice.webhooks.work import work
from consent.models import Contact, Correction, Flag, Program, ReasonCode, Sender, Wording, WriteBack
from errors.detect import detect
from errors.fix import Change, fix
from errors.models import Fix, Pattern
from errors.quality import look
from errors.replay import run
from errors.verify import verify
from tests.backoffice import make
from tests.errors import make as errors

FILES = Path(__file__).parent.parent / "cases" / "csv"
CRM, REPLIES = FILES / "hubspot_contacts.csv", FILES / "twilio_message_log.csv"


def build() -> None:
    """Needs shipped rows (systems, reason codes), which every new database has."""
    program = Program.objects.create(code="offers", name="Offers", double_opt_in=True)
    sender = Sender.objects.create(address="+14155550100")
    program.senders.add(sender)
    Wording.objects.create(program=program, code="w1", text="I agree to texts.")
    take_in(REPLIES, "twilio")
    take_in(CRM, "hubspot")
    stopped_at_preview(CRM, "hubspot")
    Contact.objects.create(first_name="<b>Bo</b>", last_name="{{7*7}}")
    runs()
    decision()
    patterns()
    history()
    webhook()
    SavedView.objects.create(
        list_name="consent:flag_list", name="<b>Worst</b>", query={"severity": "S1"}, words="Severity: S1",
        owner=make.person(SUPERVISOR), is_shared=True, is_pinned=True,
    )  # fmt: skip
    AuditEntry.objects.create(action="flag.waive", object_type="flag", object_id="1", reason="<i>why</i>")


def take_in(path: Path, slug: str) -> None:
    call_command("import_file", str(path), "--system", slug, "--accept-guess", stdout=io.StringIO())


def stopped_at_preview(path: Path, slug: str) -> ImportBatch:
    """A file that was checked and waits for somebody to confirm it."""
    with path.open("rb") as file:
        batch = receive.receive(
            System.objects.get(slug=slug), File(file), path.name, by=None, as_of=None, now=timezone.now()
        )
    _, saved = mapping.suggest(batch)
    assert saved is not None
    mapping.use_mapping(batch, saved)
    batch.move(ImportBatch.Status.CHECKING)
    check.check(str(batch.pk), beat=lambda **_: None)
    batch.refresh_from_db()
    assert batch.status == ImportBatch.Status.PREVIEWED
    return batch


def runs() -> None:
    now = timezone.now()
    make.run(status=JobRun.Status.FAILED, failure="Line 40 has no closing quote.")
    make.run(status=JobRun.Status.QUEUED, started_at=None, finished_at=None)
    make.run(
        status=JobRun.Status.RUNNING,
        finished_at=None,
        heartbeat_at=now - timedelta(minutes=3),
        lease_until=now - timedelta(minutes=2),
        done=10,
        total=100,
    )


def decision() -> Correction:
    """A decision that is on its way to a system."""
    flag = Flag.objects.filter(number__isnull=False, system__isnull=False).order_by("pk").first()
    assert flag is not None, "the files above disagree, so reconciling raises flags"
    now = timezone.now()
    made = Correction.objects.create(
        number=flag.number,
        program=flag.program,
        decision="align",
        status=Correction.Status.APPLIED,
        reason=ReasonCode.objects.filter(decision="align").order_by("pk")[0],
        decided_by=make.person(AGENT),
        decided_at=now,
        token="t1",
    )
    made.flags.add(flag)
    WriteBack.objects.create(
        correction=made,
        system=flag.system,
        number=flag.number,
        program=flag.program,
        value="out",
        key=f"{made.pk}:1",
        not_before=now,
    )
    return made


def patterns() -> None:
    """A look at a day of sends that finds a pattern, and a fix of it that is measured."""
    now = timezone.now()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    for campaign, lost in (("<b>spring</b>", 60), ("autumn", 2), ("winter", 2)):
        errors.sends(100, failed=lost, submitted_at=day + timedelta(hours=9), campaign=campaign)
    until = (day + timedelta(days=1)).isoformat()
    detect("", beat=unwatched, look="daily", starts_at=day.isoformat(), ends_at=until, against="weeks")
    found = Pattern.objects.get()
    change = Change(
        hypothesis="<b>why</b>",
        changed=Fix.Changed.CONTENT,
        new="{{7*7}}",
        effective_at=now - timedelta(hours=1),
        target_rate=0.05,
        verify_until=now + timedelta(days=7),
    )
    fix(found, change, by=make.person(AGENT), token="world", seen=found.version, now=now)
    verify("", beat=unwatched)


def history() -> None:
    """The rules run on the sends there are, and what is wrong with the data."""
    replay = run.ask_for_all(now=timezone.now(), trigger=JobRun.Trigger.STAFF)
    assert replay is not None
    run.replay(str(replay.pk), beat=unwatched)
    look.look("everything", beat=unwatched)


def webhook() -> None:
    """A call of a provider that nobody could make anything of."""
    endpoint = WebhookEndpoint.objects.create(
        system=System.objects.get(slug="twilio"),
        provider="twilio",
        address="https://texts.example.com/hooks/x/",
        secret="a secret of the world",  # noqa: S106
    )
    call = WebhookCall.objects.create(
        endpoint=endpoint, received_at=timezone.now(), http_method="POST", body=b"<b>{{7*7}}</b>\xff"
    )
    WebhookWork.objects.create(call=call, endpoint=endpoint)
    work(now=timezone.now())
    endpoint.refuse("wrong_signature", timezone.now())
