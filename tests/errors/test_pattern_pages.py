"""Pages of patterns and fixes: what they show, what people do on them, and who may."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice import jobs
from backoffice.models import AuditEntry, JobRun
from errors import rollup
from errors.detect import detect
from errors.models import Fix, Pattern, SendAttempt
from tests.consent.make import staff
from tests.errors import make

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
S = Pattern.Status


def midnight():
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def pattern(db):
    """Found by a look at yesterday: campaign spring to PH, filtered."""
    day = midnight() - DAY
    for back in (7, 14, 21, 28):
        for campaign, country in (("spring", "PH"), ("spring", "US"), ("autumn", "PH"), ("autumn", "US")):
            make.counted(400, failed=8, hour=day - back * DAY + 9 * HOUR, campaign=campaign, country=country)
    for campaign, country, lost in (
        ("spring", "PH", 150),
        ("spring", "US", 8),
        ("autumn", "PH", 8),
        ("autumn", "US", 8),
    ):
        make.sends(400, failed=lost, submitted_at=day + 9 * HOUR, campaign=campaign, country=country)
    detect("", beat=jobs.unwatched, look="daily", starts_at=day.isoformat(), ends_at=(day + DAY).isoformat(),
           against="weeks")  # fmt: skip
    return Pattern.objects.get()


def url(name, of):
    return reverse(f"errors:{name}", args=[of.pk])


def words(answer):
    return " ".join(answer.content.decode().split())


class TestList:
    def test_tells_the_slice_its_numbers_and_links_to_exactly_its_failures(self, browser, pattern):
        client = browser("Viewer")
        answer = client.get(reverse("errors:pattern_list"))
        (row,) = answer.context["rows"]
        assert "Sends of campaign spring to PH" in words(answer)
        listed = client.get(row.failures_url)
        assert listed.context["page"].count == pattern.failures == 150

    def test_an_empty_list_says_what_ran(self, browser, db):
        client = browser("Viewer")
        assert "No sends to look at yet" in words(client.get(reverse("errors:pattern_list")))
        day = midnight() - DAY
        make.sends(200, failed=2, submitted_at=day)
        rollup.rollup("", beat=jobs.unwatched)
        assert "Not looked for yet" in words(client.get(reverse("errors:pattern_list")))
        detect("", beat=jobs.unwatched, look="daily", starts_at=day.isoformat(),
               ends_at=(day + DAY).isoformat(), against="weeks")  # fmt: skip
        answer = words(client.get(reverse("errors:pattern_list")))
        assert "Nothing fails more than it should" in answer
        assert "200 sends" in answer

    def test_tabs_hold_the_states_and_mine_what_i_own(self, browser, pattern):
        client = browser("Agent")
        for tab, count in (("open", 1), ("mine", 0), ("fixed", 0), ("muted", 0), ("closed", 0), ("odd", 1)):
            assert len(client.get(reverse("errors:pattern_list"), {"tab": tab}).context["rows"]) == count
        client.post(url("pattern_assign", pattern), {"to": client.person.pk})
        assert len(client.get(reverse("errors:pattern_list"), {"tab": "mine"}).context["rows"]) == 1

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"value": "spring"}, 1),
            ({"value": "30007"}, 1),
            ({"value": "summer"}, 0),
            ({"category": "content_filtered"}, 1),
            ({"category": "auth"}, 0),
            ({"is_incident": "1"}, 0),
        ],
    )
    def test_filters(self, browser, pattern, query, count):
        answer = browser("Viewer").get(reverse("errors:pattern_list"), query)
        assert len(answer.context["rows"]) == count

    def test_more_patterns_take_no_more_questions(self, browser, pattern, django_assert_max_num_queries):
        client = browser("Supervisor")
        for place in range(12):
            make.pattern({"campaign": f"c{place}"})
        client.get(reverse("errors:pattern_list"))
        with django_assert_max_num_queries(40):
            client.get(reverse("errors:pattern_list"))


class TestPage:
    def test_shows_everything_known_about_it(self, browser, pattern, django_assert_max_num_queries):
        client = browser("Supervisor")
        client.get(url("pattern", pattern))
        with django_assert_max_num_queries(50):
            answer = client.get(url("pattern", pattern))
        said = words(answer)
        assert "Sends of campaign spring to PH fail" in said
        assert "150 of 400, about" in said
        assert "so campaign spring alone does not explain it" in said
        assert "so country PH alone does not explain it" in said
        assert "Content filtered" in said or "filter" in said.lower()
        assert "style=" not in answer.content.decode()
        assert len(answer.context["examples"]) == 5

    def test_every_code_leads_to_exactly_its_failures(self, browser, pattern):
        client = browser("Viewer")
        for code in client.get(url("pattern", pattern)).context["codes"]:
            assert client.get(code.url).context["page"].count == code.failures

    def test_the_picture_counts_what_the_log_holds(self, browser, pattern):
        times = browser("Viewer").get(url("pattern", pattern)).context["times"]
        assert sum(row.tally.failed for _, row in times) == 150 + 8 * 2  # two weeks before it as well

    def test_names_what_cannot_be_told_apart(self, browser, db):
        twin = make.pattern({"campaign": "spring"}, same_as={"template": "t1"})
        assert "Nearly the same sends have template t1" in words(browser("Viewer").get(url("pattern", twin)))

    def test_shows_what_fixed_similar_ones(self, browser, pattern):
        old = make.pattern(
            {"campaign": "winter", "country": "PH"}, status=S.CLOSED, category="content_filtered"
        )
        Fix.objects.create(
            pattern=old, token="x", hypothesis="Link", changed="content", new="own domain", outcome="verified",
            effective_at=make.NOW, scope={}, target_rate=0.05, verify_until=make.NOW + DAY, made_by=staff(),
            made_at=make.NOW,
        )  # fmt: skip
        said = words(browser("Viewer").get(url("pattern", pattern)))
        assert "own domain" in said
        assert "alike: PH" in said

    def test_a_pattern_of_others_that_shares_failures_is_named(self, browser, pattern):
        make.pattern({"country": "PH"})
        make.pattern({"country": "US"})
        said = words(browser("Viewer").get(url("pattern", pattern)))
        assert "150 of its failures (100 %) also belong to" in said
        assert "Sends to US" not in said


class TestDoing:
    def test_take_note_and_give_back(self, browser, pattern):
        client = browser("Agent")
        client.post(url("pattern_assign", pattern), {"to": client.person.pk})
        client.post(url("pattern_note", pattern), {"text": "Asked the carrier."})
        client.post(url("pattern_assign", pattern), {"to": ""})
        pattern.refresh_from_db()
        assert pattern.owner is None
        notes = [event.note for event in pattern.events.order_by("pk")][1:]
        assert notes[1] == "Asked the carrier."
        assert [entry.action for entry in AuditEntry.objects.filter(object_type="pattern").order_by("pk")] == [
            "pattern.assign", "pattern.note", "pattern.assign",
        ]  # fmt: skip

    def test_an_agent_hands_nothing_to_others_and_a_supervisor_does(self, browser, pattern):
        other = staff()
        browser("Agent").post(url("pattern_assign", pattern), {"to": other.pk})
        pattern.refresh_from_db()
        assert pattern.owner is None
        browser("Supervisor").post(url("pattern_assign", pattern), {"to": other.pk})
        pattern.refresh_from_db()
        assert pattern.owner == other

    def test_mute_with_a_condition_and_bring_back(self, browser, pattern):
        client = browser("Supervisor")
        sent = {"condition": "7", "reason": "Known.", "version": pattern.version}
        assert client.post(url("pattern_mute", pattern), {**sent, "reason": ""}).status_code == 400
        assert client.post(url("pattern_mute", pattern), {**sent, "condition": "failures"}).status_code == 400
        refused = client.post(url("pattern_mute", pattern), {**sent, "condition": "failures", "failures": 3})
        assert refused.status_code == 409
        assert "choose a higher number" in words(refused)
        assert client.post(url("pattern_mute", pattern), sent).status_code == 302
        pattern.refresh_from_db()
        assert pattern.status == S.MUTED
        client.post(url("pattern_unmute", pattern))
        pattern.refresh_from_db()
        assert (pattern.status, pattern.muted_until) == (S.OPEN, None)

    def test_whoever_mutes_what_has_changed_sees_what_happened_and_keeps_the_words(self, browser, pattern):
        pattern.move(S.MUTED, note="Ana was faster", muted_until_failures=999)
        pattern.move(S.OPEN, note="and opened it again", muted_until_failures=None)
        answer = browser("Supervisor").post(
            url("pattern_mute", pattern), {"condition": "7", "reason": "My own reason", "version": 1}
        )
        assert answer.status_code == 409
        assert "Ana was faster" in words(answer)
        assert "My own reason" in words(answer)

    def test_a_look_is_asked_for_and_its_run_is_shown(self, browser, pattern):
        client = browser("Supervisor")
        form = client.get(reverse("errors:pattern_list")).context["look_form"]
        answer = client.post(reverse("errors:pattern_detect"), form.initial)
        run = JobRun.objects.get(kind="errors.detect")
        assert answer["Location"] == reverse("jobs:run", args=[run.pk])
        assert detect(run.subject, beat=jobs.unwatched, **run.params)["attempts"] >= 0
        assert AuditEntry.objects.filter(action="pattern.detect").exists()

    @pytest.mark.parametrize("until", ["", "2026-01-01T00:00", "9999-01-01T00:00"])
    def test_a_window_that_is_none_is_refused_in_words(self, browser, pattern, until):
        sent = {"since": "2026-03-01T00:00", "until": until, "against": "days"}
        answer = browser("Supervisor").post(reverse("errors:pattern_detect"), sent, follow=True)
        assert [str(message) for message in answer.context["messages"]]
        assert not JobRun.objects.filter(kind="errors.detect").exists()


class TestFix:
    def form(self, client, pattern, **fields):
        """The form as the page gives it, filled in."""
        given = client.get(url("fix", pattern)).context["form"]
        sent = {field.html_name: field.value() for field in given if field.value() is not None}
        at = timezone.localtime(timezone.now() - HOUR).strftime("%Y-%m-%dT%H:%M")
        typed = {"hypothesis": "The link", "changed": "content", "old": "bit.ly/x", "new": "acme.example/x"}
        return {**sent, **typed, "effective_at": at, **fields}

    def test_documents_what_was_changed(self, browser, pattern):
        client = browser("Agent")
        sent = self.form(client, pattern)
        assert sent["scope_campaign"] == "spring"
        answer = client.post(url("fix", pattern), sent)
        assert answer.status_code == 302
        made = Fix.objects.get()
        assert (made.scope, made.changed, made.made_by) == (
            {"country": "PH", "campaign": "spring"}, "content", client.person,
        )  # fmt: skip
        said = words(client.get(url("pattern", pattern)))
        assert "acme.example/x" in said
        assert "Fixed, being watched" in said

    def test_suggests_what_the_kind_of_failure_asks_for_and_a_target_that_can_be_reached(
        self, browser, pattern
    ):
        form = browser("Agent").get(url("fix", pattern)).context["form"]
        assert form["changed"].value() == "content"
        assert 1 <= float(form["target"].value()) < 100 * pattern.failures / pattern.attempts

    def test_two_people_at_once_the_second_sees_what_the_first_did_and_keeps_the_words(
        self, browser, pattern
    ):
        ana, ben = browser("Agent"), browser("Agent")
        mine = self.form(ben, pattern, hypothesis="My long explanation")
        ana.post(url("fix", pattern), self.form(ana, pattern))
        answer = ben.post(url("fix", pattern), mine)
        assert answer.status_code == 409
        assert "My long explanation" in words(answer)
        assert "Somebody else was here first" in words(answer)
        assert Fix.objects.count() == 1

    def test_the_form_sent_twice_documents_one_fix(self, browser, pattern):
        """F29."""
        client = browser("Agent")
        sent = self.form(client, pattern)
        assert [client.post(url("fix", pattern), sent).status_code for _ in range(2)] == [302, 302]
        assert Fix.objects.count() == 1

    @pytest.mark.parametrize(
        ("fields", "status", "said"),
        [
            ({"hypothesis": ""}, 400, "required"),
            ({"target": "90"}, 409, "brings it below that"),
            ({"scope_campaign": "", "scope_country": ""}, 400, "at least one thing"),
            ({"scope_segments": "two"}, 409, "no whole number"),
            ({"effective_at": "9999-01-01T00:00"}, 400, "between 1970 and 2200"),
            ({"effective_at": "1999-01-01T00:00"}, 409, "before the pattern was first seen"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_lost(self, browser, pattern, fields, status, said):
        client = browser("Agent")
        answer = client.post(url("fix", pattern), self.form(client, pattern, **fields))
        assert answer.status_code == status
        assert said in words(answer)
        assert "acme.example/x" in words(answer)
        assert not Fix.objects.exists()

    def test_measuring_shows_how_far_it_is(self, browser, pattern):
        client = browser("Agent")
        client.post(url("fix", pattern), self.form(client, pattern))
        make.sends(20, submitted_at=timezone.now(), campaign="spring", country="PH")
        answer = client.post(url("fix_measure", pattern))
        run = JobRun.objects.get(kind="errors.verify")
        assert answer["Location"] == reverse("jobs:run", args=[run.pk])
        from errors.verify import verify

        verify("", beat=jobs.unwatched)
        said = words(client.get(url("pattern", pattern)))
        assert "20 of" in said
        assert "mature sends" in said


class TestResend:
    def test_lists_and_exports_with_a_reason(self, browser, pattern):
        from tests.errors.test_resend import person

        line = person()
        sent = make.sent("undelivered", "30003", number=line, campaign="spring", country="PH", template="=1+1",
                         submitted_at=midnight() - DAY + 10 * HOUR)  # fmt: skip
        client = browser("Supervisor")
        page = client.get(url("resend_list", pattern), {"days": 3})
        assert [shown.pk for _, shown in page.context["lines"]] == [sent.pk]
        assert "No phone number could be read" in words(page)
        assert client.post(url("resend_export", pattern), {"reason": "", "days": 3}).status_code == 400
        file = client.post(url("resend_export", pattern), {"reason": "Again on Monday", "days": 3})
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert [(row["number"], row["template"]) for row in rows] == [(f"'{line.e164}", "'=1+1")] or [
            (row["number"], row["template"]) for row in rows
        ] == [(line.e164, "'=1+1")]
        assert AuditEntry.objects.get(action="pattern.resend_list").reason == "Again on Monday"
        assert SendAttempt.objects.filter(parent__isnull=False).count() == 0  # nothing was sent from here


def test_duplicates_show_each_kind(browser, db):
    line = make.number()
    for hours in (0, 1):
        make.sent(number=line, body_hash=7, campaign="spring", submitted_at=make.NOW + hours * HOUR)
    rollup.rollup("", beat=jobs.unwatched)
    client = browser("Viewer")
    said = words(client.get(reverse("errors:duplicates")))
    assert "Received twice" in said
    for kind in ("command", "intent", "content", "unclear", "report", "person", "odd"):
        assert (
            client.get(reverse("errors:duplicates"), {"kind": kind, "until": "2026-06-01"}).status_code == 200
        )
    assert "None of this kind" in words(client.get(reverse("errors:duplicates"), {"until": "2020-01-01"}))


MAY = {
    "fix": ("get", "Agent"),
    "pattern": ("get", "Viewer"),
    "pattern_assign": ("post", "Agent"),
    "pattern_note": ("post", "Agent"),
    "fix_measure": ("post", "Agent"),
    "pattern_mute": ("post", "Supervisor"),
    "pattern_unmute": ("post", "Supervisor"),
    "resend_list": ("get", "Viewer"),
    "resend_export": ("post", "Supervisor"),
}
ROLES = ["Viewer", "Agent", "Supervisor", "Administrator"]


@pytest.mark.parametrize("name", MAY)
def test_each_page_is_for_its_role_and_those_above(browser, db, name):
    method, first = MAY[name]
    found = make.pattern({"campaign": "spring"})
    for role in ROLES:
        status = getattr(browser(role), method)(url(name, found)).status_code
        assert (status == 403) == (ROLES.index(role) < ROLES.index(first)), role
