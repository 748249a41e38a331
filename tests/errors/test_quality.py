"""Findings about data: raised while it is so, closed when it is so no longer."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice import jobs
from backoffice.models import AuditEntry, JobRun
from consent.models import Number, SystemRecord
from errors import rollup
from errors.models import QualityFinding
from errors.quality import look
from errors.quality.dates import over
from errors.quality.found import FINDERS, Look
from errors.quality.senders import identities
from errors.quality.words import SUGGESTIONS, seen
from errors.suspect import suspect
from tests.consent import make as consent
from tests.errors import make

Kind = QualityFinding.Kind
DAY = timedelta(days=1)
SENT = date(2026, 3, 15)

# --- limits in a text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Sale ends 12 March. Reply STOP", date(2026, 3, 12)),
        ("Sale ends March 12th, 2026!", date(2026, 3, 12)),
        ("Offer valid until 2026-03-14", date(2026, 3, 14)),
        ("Gültig bis zum 14.03.2026", date(2026, 3, 14)),
        ("Jusqu'au 1er mars 2026", None),  # an ordinal we do not read is not guessed at
        ("Jusqu'au 12 mars", date(2026, 3, 12)),
        ("Oferta hasta el 12 de marzo", date(2026, 3, 12)),
        ("Ends on Thursday, 12 March", date(2026, 3, 12)),
        ("Book by Dec 31", date(2025, 12, 31)),  # of the year before: nearest to the day of sending
        ("See https://a.example/x?id=1&expires=2026-03-01", date(2026, 3, 1)),
        ("Sale ends 15 March", None),  # the day itself is not over
        ("Sale ends 16 March", None),
        ("Sale ends 12 March, extended until 20 March", None),  # the latest end counts
        ("Your order of 12 March 2026 is ready", None),  # no end
        ("Call us by 12 for help. March on!", None),
        ("Reply by 03/04/2026", None),  # could be read two ways
        ("Valid until 12 March 2020", None),  # too long past to be meant as news
        ("Valid until 31.02.2026", None),  # no such day
        ("Ends 30 February", None),
        ("Ready by March 12:30", None),
        ("", None),
    ],
)
def test_only_an_end_that_was_announced_and_is_over_is_out_of_date(text: str, day: date | None) -> None:
    found = over(text, SENT)
    assert (found.day if found else None) == day


# --- who seems to write -----------------------------------------------------------------------------------------


def test_a_pool_of_one_program_is_one_identity() -> None:
    assert (
        len(identities(["+14155550100", "+14155550101"], {"+14155550100": ["a"], "+14155550101": ["a"]})) == 1
    )
    assert len(identities(["+14155550100", "72345"], {})) == 1


def test_names_and_programs_are_identities_of_their_own() -> None:
    assert len(identities(["ACME", "Acme"], {})) == 1
    assert len(identities(["ACME", "Acme Shop"], {})) == 2
    assert len(identities(["ACME", "+14155550100"], {})) == 2
    assert len(identities(["1", "2"], {"1": ["a"], "2": ["b"]})) == 2


# --- findings ---------------------------------------------------------------------------------------------------


def looked() -> dict[str, int]:
    return look.look("test", beat=jobs.unwatched)


def found(kind: str) -> list[QualityFinding]:
    return list(QualityFinding.objects.open().filter(kind=kind).order_by("pk"))


def mobile(e164: str = "+14157000001", **fields: Any) -> Number:
    return Number.objects.create(e164=e164, **{"region": "US", "line_type": "MOBILE", **fields})


def counted() -> None:
    rollup.rollup("test", beat=jobs.unwatched)


@pytest.mark.django_db
def test_good_data_has_no_findings() -> None:
    now = timezone.now()
    for number in (mobile(), mobile("+447400123456", region="GB")):
        make.sent(
            number=number, country=number.region, submitted_at=now - DAY, campaign="spring", body="Ends never"
        )
    counted()
    assert looked() == {"raised": 0, "closed": 0}


@pytest.mark.django_db
def test_lines_and_numbers_that_take_no_texts_are_found_before_any_send() -> None:
    mobile()
    landline = mobile("+442071838750", region="GB", line_type="FIXED_LINE")
    film = mobile("+14155550123")
    never = mobile("+14150000000")
    mobile("+12125501234", line_type="FIXED_LINE_OR_MOBILE")  # nobody can tell: no finding
    assert looked() == {"raised": 3, "closed": 0}
    assert [one.number for one in found(Kind.LINE_TYPE)] == [landline]
    assert {one.number for one in found(Kind.NOT_VALID)} == {film, never}


@pytest.mark.django_db
def test_unreachable_on_three_days_is_found_and_closed_by_a_delivery() -> None:
    number, now = mobile(), timezone.now()
    for days in (5, 4):
        make.sent("undelivered", "30003", number=number, submitted_at=now - days * DAY)
    suspect([], [number.pk])
    assert looked()["raised"] == 0  # two days are not three
    make.sent("undelivered", "30003", number=number, submitted_at=now - 3 * DAY)
    suspect([], [number.pk])
    assert looked() == {"raised": 1, "closed": 0}
    (one,) = found(Kind.UNREACHABLE)
    assert "3 days" in seen(one.kind, one.facts)
    assert looked() == {"raised": 0, "closed": 0}
    make.sent("delivered", number=number, submitted_at=now - DAY)
    suspect([number.pk], [])
    assert looked() == {"raised": 0, "closed": 1}
    assert not found(Kind.UNREACHABLE)


@pytest.mark.django_db
def test_a_failure_about_the_number_itself_is_told_apart() -> None:
    number = mobile()
    make.sent("undelivered", "30005", number=number, submitted_at=timezone.now() - DAY)
    suspect([], [number.pk])
    looked()
    assert [one.number for one in found(Kind.FAILED)] == [number]
    assert not found(Kind.UNREACHABLE)


@pytest.mark.django_db
def test_a_number_of_another_country_than_its_sends_say_is_found() -> None:
    now = timezone.now()
    make.sent(number=mobile(), country="DE", submitted_at=now - DAY)
    make.sent(number=mobile("+14157000002"), country="", submitted_at=now - DAY)
    make.sent(number=mobile("+14157000003"), country="FR", submitted_at=now - 60 * DAY)  # long ago
    looked()
    (one,) = found(Kind.WRONG_COUNTRY)
    assert (one.number.e164, one.facts["expected"]) == ("+14157000001", "DE")


@pytest.mark.django_db
def test_a_number_abroad_in_a_campaign_of_one_country_is_found() -> None:
    now = timezone.now()
    make.sends(99, campaign="local", country="US", submitted_at=now - DAY)
    abroad = mobile("+447400123456", region="GB")
    make.sent(number=abroad, country="GB", campaign="local", submitted_at=now - DAY)
    make.sends(10, campaign="small", country="US", submitted_at=now - DAY)
    make.sent(number=mobile(), country="US", campaign="small", submitted_at=now - DAY)
    counted()
    looked()
    (one,) = found(Kind.WRONG_COUNTRY)
    assert (one.number, one.facts["by"]) == (abroad, "campaign")


@pytest.mark.django_db
def test_several_people_on_one_number_are_found_and_one_person_with_two_records_is_not() -> None:
    number, other = mobile(), mobile("+14157000002")
    consent.contact(number, ref="1", name="Ana")
    second = consent.contact(number, ref="2", name="Bo")
    one_person = consent.contact(other, ref="3", name="Cy")
    SystemRecord.objects.create(system=consent.platform(), ref="9", contact=one_person, number=other)
    looked()
    (one,) = found(Kind.SHARED)
    assert (one.number, one.facts["count"]) == (number, 2)
    SystemRecord.objects.filter(contact=second).update(number=other)
    assert looked() == {"raised": 1, "closed": 1}


@pytest.mark.django_db
def test_a_campaign_from_several_identities_is_found() -> None:
    now = timezone.now()
    consent.program("promo", sender="+14155550100")
    consent.program("promo", sender="+14155550101")
    for sender in ("+14155550100", "+14155550101"):
        make.sent(campaign="pool", sender=sender, submitted_at=now - DAY)
        make.sent(campaign="mixed", sender=sender, submitted_at=now - DAY)
    make.sent(campaign="mixed", sender="ACME", submitted_at=now - DAY)
    make.sent(campaign="by country", sender="ACME", country="DE", submitted_at=now - DAY)
    make.sent(campaign="by country", sender="+14155550100", submitted_at=now - DAY)
    counted()
    looked()
    (one,) = found(Kind.SENDERS_DIFFER)
    assert one.campaign == "mixed"
    assert "2 identities" in seen(one.kind, one.facts)


@pytest.mark.django_db
def test_the_day_of_a_sending_is_that_of_the_office(settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    evening = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)  # half past eight on the third
    make.sent(campaign="sale", body="Sale ends 3 March", submitted_at=evening)
    ended = make.sent(campaign="gone", body="Sale ends 2 March", submitted_at=evening)
    (one,) = FINDERS[Kind.OUT_OF_DATE](Look(evening, 0, 0, lambda: None))
    assert (one.facts["example"], one.facts["last_at"]) == (ended.pk, "2026-03-03")


@pytest.mark.django_db
def test_a_text_that_speaks_of_the_past_is_found_and_closed_once_it_is_no_longer_sent() -> None:
    now = timezone.now()
    ended = (now - 4 * DAY).date()
    late = make.sent(campaign="sale", template="t1", body=f"Acme: ends {ended}", submitted_at=now - DAY)
    make.sent(campaign="sale", template="t2", body=f"Acme: ends {ended}", submitted_at=now - 5 * DAY)
    looked()
    (one,) = found(Kind.OUT_OF_DATE)
    assert (one.template, one.facts["sends"], one.facts["example"]) == ("t1", 1, late.pk)
    type(late).objects.filter(pk=late.pk).update(submitted_at=now - 20 * DAY)
    assert looked() == {"raised": 0, "closed": 1}


@pytest.mark.django_db
def test_a_look_is_queued_only_when_something_has_changed_or_a_day_is_over() -> None:
    first = look.ring(trigger="schedule")
    assert first is not None
    jobs.work(first.pk, {"errors.quality": look.look})
    assert look.ring(trigger="schedule") is None
    mobile()
    second = look.ring(trigger="schedule")
    assert second is not None
    jobs.work(second.pk, {"errors.quality": look.look})
    JobRun.objects.filter(pk=second.pk).update(finished_at=timezone.now() - 2 * DAY)
    assert look.ring(trigger="schedule") is not None


def rung() -> dict[str, int]:
    """A look as it is queued, run by a worker; nothing where there was no need."""
    run = look.ring(trigger="schedule")
    return jobs.work(run.pk, {"errors.quality": look.look}) if run else {}


@pytest.mark.django_db
def test_a_later_look_reads_only_numbers_that_are_new_until_the_day_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(look, "MOST_NUMBERS", 2)
    landlines = [mobile(f"+4420718387{place}", region="GB", line_type="FIXED_LINE") for place in (50, 51, 52)]
    numbers = {landlines[0].pk, landlines[1].pk}
    began = landlines[0].pk - 1
    JobRun.objects.create(  # a sequence may stand anywhere
        kind="errors.quality",
        subject="x",
        status=JobRun.Status.DONE,
        finished_at=timezone.now(),
        params={
            "until": began,
            "seen": {"last_number": began + 1},
            "round_began": int(timezone.now().timestamp()),
        },
    )
    assert rung()["raised"] == 2
    assert {one.number_id for one in found(Kind.LINE_TYPE)} == numbers
    assert rung()["raised"] == 1  # the round goes on, though nothing is new
    assert rung() == {}
    Number.objects.filter(pk=landlines[0].pk).update(
        line_type="MOBILE"
    )  # as new numbering plans would have it
    mobile("+442071838753", region="GB", line_type="FIXED_LINE")
    assert rung() == {"raised": 1, "closed": 0}  # what a page shows as counts, and no mark of where it stood
    last = JobRun.objects.latest("pk").params
    over = last | {"round_began": last["round_began"] - 2 * look.QUIET, "until": 10**9}
    JobRun.objects.update(params=over, finished_at=timezone.now() - 2 * DAY)
    monkeypatch.setattr(look, "MOST_NUMBERS", 10**9)
    assert rung()["closed"] == 1


@pytest.mark.django_db
def test_a_look_says_that_it_is_alive_while_it_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errors.quality.found.AT_ONCE", 2)
    for place in range(9):
        mobile(f"+141570000{place:02d}")
    signs: list[dict[str, int]] = []
    look.look("test", beat=lambda **progress: signs.append(progress))
    before_the_first_kind_was_done = signs.index({"done": 1, "total": len(FINDERS)})
    assert before_the_first_kind_was_done == 5


@pytest.mark.django_db
def test_no_cursor_is_open_while_a_look_says_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errors.quality.found.AT_ONCE", 2)
    monkeypatch.setattr("django.db.models.QuerySet.iterator", lambda *_: 1 / 0)
    at = timezone.now() - DAY
    for moment in (at, at, at, at + DAY / 2, at + DAY / 2):
        make.sent(number=mobile(f"+1415700{Number.objects.count():04d}"), submitted_at=moment, campaign="spring",
                  body=f"Sale ends {(at - 2 * DAY).date()}")  # fmt: skip
    every = Look(timezone.now(), 0, 10**9, alive=lambda: None)
    found = {kind: list(finder(every)) for kind, finder in FINDERS.items()}
    assert [one.facts["sends"] for one in found[Kind.OUT_OF_DATE]] == [5]


def test_every_kind_has_a_finder_words_and_a_suggestion() -> None:
    assert set(FINDERS) == set(Kind) == set(SUGGESTIONS)


# --- pages ------------------------------------------------------------------------------------------------------

LIST, EXPORT = reverse("errors:quality"), reverse("errors:quality_export")


@pytest.fixture
def landlines(db: None) -> list[Number]:
    made = [mobile(f"+4420718387{place}", region="GB", line_type="FIXED_LINE") for place in (50, 51)]
    consent.contact(made[0], ref="A-1", name="Ana")
    consent.contact(made[1], of=consent.platform(), ref="P-1", name="Bo")
    looked()
    return made


def signed_in(client: Client, role: str) -> Client:
    client.force_login(consent.staff(role))
    return client


def test_a_viewer_sees_the_findings_and_exports_nothing(client: Client, landlines: list[Number]) -> None:
    page = signed_in(client, "Viewer").get(LIST)
    assert len(page.context["rows"]) == 2
    assert "Suggestions as CSV" not in page.content.decode()
    assert client.get(EXPORT).status_code == 403
    assert client.post(reverse("errors:quality_look")).status_code == 403


def test_filters_narrow_list_counts_and_export_alike(client: Client, landlines: list[Number]) -> None:
    signed_in(client, "Supervisor")
    asked = f"?kind=line_type&system={consent.platform().pk}"
    page = client.get(LIST + asked)
    assert [row.finding.number for row in page.context["rows"]] == [landlines[1]]
    header, *rows = csv.reader(io.StringIO(client.get(EXPORT + asked).content.decode().lstrip("\ufeff")))
    assert "suggestion, not overwrite" in header
    assert [(row[0], row[1]) for row in rows] == [(consent.platform().name, "P-1")]
    assert not client.get(LIST + "?region=FR").context["rows"]
    assert client.get(LIST + "?kind=nonsense&campaign=" + "x" * 300 + "&system=abc").status_code == 200


def test_an_export_is_on_record_and_in_the_ids_of_each_system(
    client: Client, landlines: list[Number]
) -> None:
    answer = signed_in(client, "Supervisor").get(EXPORT)
    rows = list(csv.reader(io.StringIO(answer.content.decode().lstrip("\ufeff"))))[1:]
    assert {row[1] for row in rows} == {"A-1", "P-1"}
    assert AuditEntry.objects.get(action="quality.export").details["rows"] == 2


def test_a_list_that_is_too_long_to_take_along_is_refused(
    client: Client, landlines: list[Number], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.exchange.MAX_EXPORT_ROWS", 1)
    page = signed_in(client, "Supervisor").get(EXPORT, follow=True).content.decode()
    assert "This list has more than 1 rows" in page
    assert not AuditEntry.objects.filter(action="quality.export").exists()


def test_the_page_of_a_number_tells_what_is_wrong_with_it(client: Client, landlines: list[Number]) -> None:
    page = signed_in(client, "Viewer").get(reverse("consent:contact", args=[landlines[0].pk]))
    assert "A line that takes no texts" in page.content.decode()


def test_an_empty_list_says_whether_anybody_looked(client: Client, db: None) -> None:
    assert b"Not looked for yet" in signed_in(client, "Supervisor").get(LIST).content
    run = look.ring(trigger="schedule")
    assert run is not None
    jobs.work(run.pk, {"errors.quality": look.look})
    assert b"Nothing is wrong" in client.get(LIST).content
    assert client.post(reverse("errors:quality_look"), follow=True).status_code == 200


def test_a_list_of_many_costs_as_many_queries_as_one_of_few(
    client: Client, landlines: list[Number], django_assert_max_num_queries: Any
) -> None:
    signed_in(client, "Viewer")
    for place in range(30):
        mobile(f"+4420718388{place:02d}", region="GB", line_type="FIXED_LINE")
    looked()
    with django_assert_max_num_queries(45):
        assert len(client.get(LIST).context["rows"]) == 32
