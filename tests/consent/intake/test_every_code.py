"""Every mismatch and incident, from the files that show it to the flag that staff read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse

from backoffice.models import System
from consent.correct import decide
from consent.intake.absent import note_absent
from consent.intake.store import Store
from consent.models import ConsentRecord, Flag, Number, Program, Reading, Sender, Touched, Wording
from consent.reconcile import reconcile_numbers
from consent.rules import CODES, Code
from tests.consent import make
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
PERSON = "+12125550101"
SENDER, ALERTS = "+14155550100", "+18885550100"
LOG = "Sid,DateCreated,DateSent,Direction,From,To,Body,Status,ErrorCode\n"
FORMS = "submission_id,phone,submitted_at,wording_version,sms_checkbox,program\n"
STAFF = "change_id,phone,changed_at,changed_to,channel,reference,note,agent\n"
HUBSPOT = "Record ID,Mobile Phone Number,SMS Opt-In,SMS Consent Date\n"
KLAVIYO = "Klaviyo ID,Phone Number,SMS Consent,SMS Consent Timestamp\n"
BLOCKS = "phone_number,sender,blocked_at\n"


@pytest.fixture(autouse=True)
def office(settings: LazySettings) -> None:
    settings.CONSENT_POLICY = {**settings.CONSENT_POLICY, "in_force_within_hours": 24}
    marketing = Program.objects.get(code="marketing")
    marketing.senders.add(Sender.objects.get_or_create(address=SENDER)[0])
    for program, code, ticked in ((marketing, "signup", False), (marketing, "ticked", True)):
        Wording.objects.create(program=program, code=code, text="I agree", prechecked=ticked)
    alerts = make.program("alerts", sender=ALERTS, double_opt_in=True)
    Wording.objects.create(program=alerts, code="alerts", text="I agree to alerts")
    Program.objects.create(code="club", name="Club", ttl_days=30)


def take(slug: str, content: str, as_of: datetime = NOW) -> None:
    batch = upload(slug, content, as_of=as_of)
    taken_in(batch)
    assert batch.adds_up


def log(*rows: str) -> None:
    take("twilio", LOG + "".join(rows))


def said(word: str, at: str = "2026-05-01T15:00:00Z", ref: str = "IN1", to: str = SENDER) -> str:
    return f"{ref},{at},{at},inbound,{PERSON},{to},{word},received,\n"


def sent(at: str, body: str = "Sale", status: str = "delivered", code: str = "", ref: str = "M1") -> str:
    return f"{ref},{at},{at},outbound-api,{SENDER},{PERSON},{body},{status},{code}\n"


def form(
    at: str = "2026-03-01T10:00:00Z", wording: str = "signup", program: str = "marketing", ref: str = "F1"
) -> None:
    take("web-form", FORMS + f"{ref},{PERSON},{at},{wording},yes,{program}\n")


def hubspot(*cells: str, as_of: datetime = NOW) -> None:
    take("hubspot", HUBSPOT + "".join(f"{row}\n" for row in cells), as_of)


def klaviyo(status: str = "SUBSCRIBED", as_of: datetime = NOW) -> None:
    take("klaviyo", KLAVIYO + f"K1,{PERSON},{status},2026-03-01T10:00:00Z\n", as_of)


def look(now: datetime = NOW) -> None:
    ids = list(Touched.objects.values_list("number_id", flat=True)) or list(
        Number.objects.values_list("pk", flat=True)
    )
    reconcile_numbers(ids, now=now)


def stopped() -> None:
    form()
    log(said("STOP"))


def platform_in_agreed_out() -> None:
    stopped()
    klaviyo()


def carrier_block_unrecorded() -> None:
    form()
    klaviyo()
    log(sent("2026-05-01T15:00:00Z", status="failed", code="21610"))


def provider_unblocked() -> None:
    stopped()
    System.objects.get(slug="provider-blocks").mappings.update(
        columns={"number": ["phone_number"], "status": ["state"]},
        rules={"polarity": {"state": "opt_in"}, "program": "marketing"},
    )
    take("provider-blocks", f"phone_number,state\n{PERSON},active\n")


def stop_override() -> None:
    stopped()
    take("staff-log", STAFF + f"S1,{PERSON},2026-05-02T09:00:00Z,opted in,phone,,wants back,sam\n")


def sync_regression() -> None:
    flag = make.stopped_but_texted()
    decide(
        make.subject(flag),
        make.choice(),
        by=make.staff("Supervisor"),
        token="t",
        seen=make.seen(flag),
        now=NOW,
    )
    for step in flag.number.write_backs.all():
        step.move(step.Status.SENT, sent_at=NOW)
    make.reading(flag.number, "in", read_at=NOW + timedelta(days=1))


def post_stop_send() -> None:
    form()
    log(said("STOP"), sent("2026-05-01T15:03:00Z"))


def sla_breach() -> None:
    platform_in_agreed_out()


def stopall_partial() -> None:
    form()
    log(said("STOPALL", to=ALERTS))
    klaviyo()


def number_reassigned() -> None:
    form()
    take("reassigned-numbers", f"phone_number,date_of_consent,disconnected\n{PERSON},2026-03-01,yes\n")


def keyword_missed() -> None:
    form()
    log(said("STOP"), sent("2026-05-01T15:30:00Z"))


def freetext() -> None:
    form()
    log(said("please stop texting me"))


def consent_carried() -> None:
    form()
    hubspot(f"1,{PERSON},Yes,2026-03-01", as_of=NOW - timedelta(days=2))
    hubspot("1,+12125550102,Yes,2026-03-01")


def no_evidence() -> None:
    klaviyo()


def import_no_evidence() -> None:
    hubspot(f"1,{PERSON},Yes,2026-03-01")


def pending() -> None:
    form("2026-05-30T10:00:00Z", "alerts", "alerts")
    line = Number.objects.get(e164=PERSON)
    make.reading(line, "in", System.objects.get(slug="klaviyo"), about=Program.objects.get(code="alerts"))


def expired() -> None:
    club = Program.objects.get(code="club")
    Wording.objects.create(program=club, code="club", text="I agree")
    form("2026-03-01T10:00:00Z", "club", "club")
    make.reading(Number.objects.get(e164=PERSON), "in", System.objects.get(slug="klaviyo"), about=club)


def source_in() -> None:
    stopped()
    hubspot(f"1,{PERSON},Yes,2026-03-01")


def overwrite_risk() -> None:
    System.objects.filter(slug="hubspot").update(overwrites_on_sync=True)
    source_in()


def duplicates() -> None:
    form()
    hubspot(f"1,{PERSON},Yes,2026-03-01", f"2,{PERSON},No,2026-03-01")


def scope_leak() -> None:
    form(wording="alerts")
    klaviyo()


def wording_ticked() -> None:
    form(wording="ticked")


def confirmation_rule() -> None:
    form()
    log(
        said("STOP"),
        sent("2026-05-01T15:00:02Z", "You are unsubscribed. Reply START to return.", ref="M1"),
        sent("2026-05-01T15:01:00Z", "You are unsubscribed. Reply START to return.", ref="M2"),
    )


def order_ambiguous() -> None:
    form("2026-05-01T15:00:30Z")
    log(said("STOP"))


def timestamp_suspect() -> None:
    form("2027-03-01T10:00:00Z")


def unevidenced_out() -> None:
    form()
    hubspot(f"1,{PERSON},Unsubscribed,2026-05-01")


def ambiguous_yes() -> None:
    log(said("YES"))


def unclear_reply() -> None:
    form()
    log(said("We have got to STOP this terrible bill"))


def unread_word() -> None:
    hubspot(f"1,{PERSON},Perhaps,2026-03-01")


def unread_phone() -> None:
    hubspot("1,12345,Yes,2026-03-01")


def carrier_block() -> None:
    take("provider-blocks", BLOCKS + f"{PERSON},{SENDER},2026-05-01T15:00:00Z\n")


def doi_stale() -> None:
    form("2026-05-01T10:00:00Z", "alerts", "alerts")


def platform_out() -> None:
    form()
    klaviyo("NEVER_SUBSCRIBED")


def blocked_agreed_in() -> None:
    take(
        "provider-blocks",
        BLOCKS + f"{PERSON},{SENDER},2026-05-01T15:00:00Z\n",
        as_of=datetime(2026, 5, 1, 18, tzinfo=UTC),
    )
    log(said("START", "2026-05-10T15:00:00Z"))


def optout_carried() -> None:
    log(said("STOP"))
    hubspot(f"1,{PERSON},Unsubscribed,2026-05-01", as_of=NOW - timedelta(days=2))
    take("web-form", FORMS + "F9,+12125550102,2026-05-20T10:00:00Z,signup,yes,marketing\n")
    hubspot("1,+12125550102,Unsubscribed,2026-05-01")


RAISED_BY: dict[Code, Callable[[], None]] = {
    Code.PLATFORM_IN_AGREED_OUT: platform_in_agreed_out,
    Code.CARRIER_BLOCK_UNRECORDED: carrier_block_unrecorded,
    Code.PROVIDER_UNBLOCKED_AGREED_OUT: provider_unblocked,
    Code.STOP_OVERRIDE_ATTEMPT: stop_override,
    Code.SYNC_REGRESSION: sync_regression,
    Code.POST_STOP_SEND: post_stop_send,
    Code.SLA_BREACH: sla_breach,
    Code.STOPALL_PARTIAL: stopall_partial,
    Code.NUMBER_REASSIGNED: number_reassigned,
    Code.PER_SE_KEYWORD_MISSED: keyword_missed,
    Code.FREETEXT_REVOCATION: freetext,
    Code.CONSENT_CARRIED_TO_NEW_NUMBER: consent_carried,
    Code.PLATFORM_IN_NO_EVIDENCE: no_evidence,
    Code.IMPORT_NO_EVIDENCE: import_no_evidence,
    Code.PLATFORM_IN_PENDING: pending,
    Code.PLATFORM_IN_EXPIRED: expired,
    Code.SOURCE_IN_AGREED_OUT: source_in,
    Code.OVERWRITE_SETTING_RISK: overwrite_risk,
    Code.DUPLICATE_DIVERGENCE: duplicates,
    Code.PROGRAM_SCOPE_LEAK: scope_leak,
    Code.WORDING_MISMATCH: wording_ticked,
    Code.CONFIRMATION_RULE: confirmation_rule,
    Code.ORDER_AMBIGUOUS: order_ambiguous,
    Code.TIMESTAMP_SUSPECT: timestamp_suspect,
    Code.UNEVIDENCED_OPT_OUT: unevidenced_out,
    Code.AMBIGUOUS_YES: ambiguous_yes,
    Code.UNCLEAR_REPLY: unclear_reply,
    Code.UNPARSEABLE_VALUE: unread_word,
    Code.UNPARSEABLE_PHONE: unread_phone,
    Code.CARRIER_BLOCK: carrier_block,
    Code.DOI_STALE: doi_stale,
    Code.PLATFORM_OUT_AGREED_IN: platform_out,
    Code.PROVIDER_BLOCKED_AGREED_IN: blocked_agreed_in,
    Code.OPTOUT_CARRIED_TO_NEW_NUMBER: optout_carried,
}


def test_every_code_of_the_table_is_here() -> None:
    assert set(RAISED_BY) == set(Code)


@pytest.mark.parametrize("code", RAISED_BY, ids=str)
def test_files_raise_the_flag_and_its_page_says_why_and_what_to_do(code: Code, browser: Any) -> None:
    RAISED_BY[code]()
    look()
    flag = Flag.objects.open().filter(code=code).first()
    assert flag is not None, sorted(Flag.objects.open().values_list("code", flat=True))
    assert flag.severity in {CODES[code].severity, "S3"}
    assert re.fullmatch(r"[A-Z“+0-9].*[^,;:. ]\.", flag.why), flag.why
    assert not re.search(r"[{}]|None|  | ,|“”|\bA system\b", flag.why), flag.why
    page = browser("Agent").get(reverse("consent:flag_review", args=[flag.pk])).content.decode()
    assert CODES[code].title in page
    assert CODES[code].advice.replace("'", "&#x27;") in page


def test_a_stop_in_a_log_was_received_when_it_was_sent() -> None:
    log(said("STOP"))
    record = ConsentRecord.objects.get()
    assert record.received_at == record.occurred_at == datetime(2026, 5, 1, 15, tzinfo=UTC)


def test_a_time_that_row_after_row_repeats_is_the_time_of_a_copy() -> None:
    rows = [f"F{n},+1212555{n:04},2026-03-01T10:00:00Z,signup,yes,marketing\n" for n in range(100, 130)]
    rows += [
        f"F{n},+1212555{n:04},2026-03-01T10:{n - 130:02}:07Z,signup,yes,marketing\n" for n in range(130, 160)
    ]
    take("web-form", FORMS + "".join(rows))
    look()
    assert ConsentRecord.objects.filter(copied_time=True).count() == 30
    flags = Flag.objects.filter(code="TIMESTAMP_SUSPECT")
    assert flags.count() == 30
    assert "but that is the time of the import itself" in flags.first().why


def test_many_forms_of_one_day_are_no_copy() -> None:
    rows = [f"F{n},+1212555{n:04},2026-03-01,signup,yes,marketing\n" for n in range(100, 130)]
    rows += [f"F{n},+1212555{n:04},2026-03-02 00:00:00,signup,yes,marketing\n" for n in range(130, 160)]
    take("web-form", FORMS + "".join(rows))
    assert not ConsentRecord.objects.filter(copied_time=True).exists()


def complete(*numbers: str, as_of: datetime = NOW) -> None:
    System.objects.get(slug="provider-blocks").mappings.update(
        rules={"status": "out", "date_order": "ymd", "program": "marketing", "is_complete": "yes"}
    )
    rows = "".join(f"{number},{SENDER},2026-05-01T15:00:00Z\n" for number in numbers)
    take("provider-blocks", BLOCKS + rows, as_of)


def test_whoever_is_missing_from_a_complete_list_is_not_blocked_any_more() -> None:
    stopped()
    complete(PERSON, "+12125550177", as_of=NOW - timedelta(days=2))
    look()
    assert not Flag.objects.filter(code="PROVIDER_UNBLOCKED_AGREED_OUT").exists()
    complete("+12125550177", "+12125550178")
    look()
    [flag] = Flag.objects.filter(code="PROVIDER_UNBLOCKED_AGREED_OUT")
    assert (flag.number.e164, flag.system.slug) == (PERSON, "provider-blocks")


def test_a_list_with_a_row_that_went_back_says_nothing_of_those_it_does_not_name() -> None:
    stopped()
    complete(PERSON, as_of=NOW - timedelta(days=2))
    complete("+12125550177", "12")
    look()
    assert not Flag.objects.filter(code="PROVIDER_UNBLOCKED_AGREED_OUT").exists()


def test_a_list_of_some_numbers_says_nothing_of_others() -> None:
    stopped()
    for number, days in ((PERSON, 2), ("+12125550177", 0)):
        take(
            "provider-blocks",
            BLOCKS + f"{number},{SENDER},2026-05-01T15:00:00Z\n",
            NOW - timedelta(days=days),
        )
    look()
    assert not Flag.objects.filter(code="PROVIDER_UNBLOCKED_AGREED_OUT").exists()


def test_a_complete_list_that_is_ended_twice_says_it_once() -> None:
    stopped()
    complete(PERSON, as_of=NOW - timedelta(days=2))
    complete("+12125550177")
    batch = Reading.objects.get(number__e164=PERSON, value="in").batch
    program = Program.objects.get(code="marketing")
    store = Store(batch, batch.system, {program.code: program}, {}, "UTC", program.code)
    store.seen[program.pk]["out"][12125550177] = 2
    assert note_absent(store, program, {}) == 0
