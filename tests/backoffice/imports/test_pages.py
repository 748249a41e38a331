"""The wizard and the pages of batches, as a browser without scripts walks them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs
from backoffice.models import AuditEntry, ColumnMapping, ImportBatch, JobRun, System
from consent.models import Reading
from tests.backoffice.imports.make import workbook
from tests.backoffice.make import person
from tests.consent.intake.make import checked, taken_in, upload

pytestmark = pytest.mark.django_db
FILE = "name,phone,sms_opt_in,opted_at,country\n" + "".join(
    f"P{n},415555{1000 + n:04d},{'Unsubscribed' if n % 5 == 0 else 'Yes'},2026-01-05,US\n" for n in range(20)
)
STRANGE = "Handy,Opted out of texts,Stand,Rest\n" + "".join(
    f"415555{1000 + n:04d},{'Y' if n % 4 == 0 else 'N'},{25 - n % 20}/03/2026,x{n}\n" for n in range(40)
)
S = ImportBatch.Status


@pytest.fixture
def agent(client: Client) -> Client:
    client.force_login(person("Agent"))
    return client


@pytest.fixture
def supervisor(client: Client) -> Client:
    client.force_login(person("Supervisor"))
    return client


def drain() -> None:
    """Do what waits, as a worker does."""
    verbs = {kind: import_string(path) for kind, path in settings.JOB_VERBS.items()}
    while pk := JobRun.objects.claimable(timezone.now()).order_by("pk").values_list("pk", flat=True).first():
        jobs.work(pk, verbs)


def send(client: Client, slug: str, content: str | bytes, name: str = "list.csv", **more: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    system = System.objects.get(slug=slug)
    given = {"system": system.pk, "file": SimpleUploadedFile(name, content), **more}
    return client.post(reverse("imports:upload"), given)


def url(name: str, batch: ImportBatch, *more: object) -> str:
    return reverse(f"imports:{name}", args=[batch.pk, *more])


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def only() -> ImportBatch:
    return ImportBatch.objects.get()


def fields(html: str) -> dict[str, list[str]]:
    """What the page's mapping form would send: chosen options, ticked and filled inputs."""
    form = html[html.index('id="mapping"') :]
    form = form[: form.index("</form>")]
    found: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]*\bselected', options)
        found.setdefault(name, []).append(chosen[1] if chosen else "")
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_choice = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_choice or "checked" in tag):
            found.setdefault(name[1], []).append(value[1] if value else "on" if is_choice else "")
    return found


# --- From upload to result ----------------------------------------------------------------------------------


def test_a_file_whose_columns_are_known_goes_from_upload_to_result(supervisor: Client) -> None:
    response = send(supervisor, "crm", FILE)
    batch = only()
    assert response.headers["Location"] == url("preview", batch)
    assert "Being checked" in page(supervisor, url("preview", batch))
    drain()
    shown = page(supervisor, url("preview", batch))
    assert "20 rows" in shown
    assert "claim an opt-in without proof" in shown
    assert "become opted out" in shown
    assert not Reading.objects.exists()
    token = re.search(r'name="token" value="(\w+)"', shown)
    assert token
    response = supervisor.post(url("confirm", batch), {"token": token[1]})
    assert response.headers["Location"] == url("batch", batch)
    assert "Confirmed, waiting for a worker" in page(supervisor, url("batch", batch))
    drain()
    result = page(supervisor, url("batch", batch))
    assert "Adds up to the file" in result
    assert Reading.objects.count() == 20
    listed = page(supervisor, reverse("imports:batch_list"))
    assert "list.csv" in listed
    assert "20 new" in listed


def test_a_file_with_unknown_columns_is_asked_about(supervisor: Client) -> None:
    response = send(supervisor, "crm", STRANGE)
    batch = only()
    assert response.headers["Location"] == url("format", batch)
    assert "Opted out of texts" in page(supervisor, url("format", batch))
    response = supervisor.post(
        url("format", batch), {"encoding": "utf-8", "delimiter": ",", "header_line": "1", "action": "go"}
    )
    assert response.headers["Location"] == url("mapping", batch)
    shown = page(supervisor, url("mapping", batch))
    answers = fields(shown)
    assert answers["column-status"][0] == "Opted out of texts"
    place = answers["column-status"] and list(batch.dialect["columns"]).index("Opted out of texts")
    assert answers[f"polarity-{place}"] == ["opt_out"]  # guessed, not yet confirmed
    answers |= {"column-number": ["Handy"], "column-at": ["Stand"], "action": ["confirm"]}
    # Other columns, other questions: the date order is asked now, with the cell that proves it.
    shown = supervisor.post(url("mapping", batch), answers).content.decode()
    assert "The columns changed" in shown
    assert "25/03/2026" in shown
    answers = fields(shown) | {"action": ["confirm"]}
    assert answers["date_order"] == ["dmy"]
    assert answers["column-number"][0] == "Handy"  # what was chosen is kept
    refused = supervisor.post(url("mapping", batch), answers)
    assert refused.status_code == 422
    assert "Look at the rows, then tick this." in refused.content.decode()
    confirm = next(name for name in re.findall(r'name="(confirm-\d+)"', shown))
    response = supervisor.post(url("mapping", batch), answers | {confirm: ["on"]})
    assert response.headers["Location"] == url("preview", batch)
    batch.refresh_from_db()
    assert batch.mapping is not None
    assert batch.mapping.columns["number"][0] == "Handy"
    assert batch.mapping.rules["polarity"]["Opted out of texts"] == "opt_out"
    assert batch.mapping.rules["date_order"] == "dmy"
    assert batch.mapping.version == 2
    drain()
    batch.refresh_from_db()
    assert batch.preview["consequences"] == {"becomes_out": 10}


def test_a_mapping_keeps_the_names_that_other_exports_of_the_system_have(supervisor: Client) -> None:
    send(supervisor, "crm", STRANGE)
    batch = only()
    answers = fields(page(supervisor, url("mapping", batch)))
    answers |= {"column-number": ["Handy"], "action": ["look"]}
    answers = fields(supervisor.post(url("mapping", batch), answers).content.decode())
    answers |= {"action": ["confirm"], "confirm-0": ["on"]}
    assert supervisor.post(url("mapping", batch), answers).status_code == 302
    saved = ColumnMapping.objects.in_use().get(system=batch.system)
    assert saved.columns["number"] == ["Handy", "phone"]
    assert saved.columns["status"] == ["Opted out of texts", "sms_opt_in"]
    other = upload("crm", FILE)
    assert {outcome.bucket for outcome in checked(other)} == {"created"}


def test_words_nobody_explained_are_asked_about_and_given_a_meaning(supervisor: Client) -> None:
    send(supervisor, "crm", FILE.replace("Unsubscribed", "Nein danke"))
    batch = only()
    drain()
    assert "Nein danke" in page(supervisor, url("preview", batch))
    shown = page(supervisor, url("mapping", batch))
    name = re.search(r'<label for="id_(word-\w+)"[^>]*>Nein danke</label>', shown)
    assert name
    answers = fields(shown)
    assert answers[name[1]] == [""]
    answers |= {name[1]: ["out"], "action": ["confirm"], "confirm-0": ["on"]}
    assert supervisor.post(url("mapping", batch), answers).status_code == 302
    drain()
    batch.refresh_from_db()
    assert batch.mapping is not None
    assert batch.mapping.rules["vocabulary"] == {"Nein danke": "out"}
    assert batch.preview["counts"]["held"] == 0
    assert batch.preview["consequences"]["becomes_out"] == 4


def test_a_status_for_the_whole_file_has_to_be_chosen_and_ticked(supervisor: Client) -> None:
    send(supervisor, "crm", "Mobile,Name\n4155550101,Al\n4155550102,Bo\n")
    batch = only()
    answers = fields(page(supervisor, url("mapping", batch))) | {"action": ["confirm"]}
    refused = supervisor.post(url("mapping", batch), answers)
    assert refused.status_code == 422
    answers |= {"status": ["out"], "confirm-0": ["on"]}
    assert supervisor.post(url("mapping", batch), answers).status_code == 302
    drain()
    batch.refresh_from_db()
    assert batch.preview["consequences"] == {"becomes_out": 2}


# --- Format -------------------------------------------------------------------------------------------------


def test_both_readings_are_shown_when_the_encoding_is_a_guess(supervisor: Client) -> None:
    content = FILE.replace("P1,", "Montréal’s,").encode("cp1252")
    response = send(supervisor, "crm", content)
    batch = only()
    assert response.headers["Location"] == url("format", batch)
    shown = page(supervisor, url("format", batch))
    assert "Montréal’s" in shown
    assert "Montr\ufffdal" in shown
    form = {"encoding": "mac_roman", "delimiter": ",", "header_line": "1", "action": "look"}
    assert supervisor.post(url("format", batch), form).status_code == 302
    assert "MontrÈal" in page(supervisor, url("format", batch))
    response = supervisor.post(url("format", batch), form | {"encoding": "cp1252", "action": "go"})
    batch.refresh_from_db()
    assert batch.dialect["encoding_sure"] is True  # a person said it
    assert response.headers["Location"] == url("preview", batch)


def test_another_separator_finds_the_names_anew(supervisor: Client) -> None:
    batch = upload("crm", "a report\n" + FILE.replace(",", ";"))
    form = {"encoding": "utf-8", "delimiter": ",", "header_line": "2", "action": "look"}
    supervisor.post(url("format", batch), form)
    batch.refresh_from_db()
    assert batch.dialect["delimiter"] == ","
    supervisor.post(
        url("format", batch), form | {"delimiter": ";", "header_line": batch.dialect["header_line"]}
    )
    batch.refresh_from_db()
    assert (batch.dialect["delimiter"], batch.dialect["header_line"]) == (";", 2)
    assert "a report" in page(supervisor, url("format", batch))


def test_a_line_that_cannot_be_the_header_is_said_with_where_and_how_to_mend(supervisor: Client) -> None:
    batch = upload("crm", FILE)
    form = {"encoding": "utf-8", "delimiter": ",", "header_line": "999", "action": "look"}
    response = supervisor.post(url("format", batch), form)
    shown = response.content.decode()
    assert response.status_code == 422
    assert "line 999" in shown
    assert "How to mend it" in shown
    assert 'value="999"' in shown  # what was typed is kept


def test_columns_without_or_with_a_repeated_name_are_named(agent: Client) -> None:
    batch = upload("crm", "phone,,phone\n4155550101,x,y\n")
    shown = page(agent, url("format", batch))
    assert "phone (2)" in shown
    assert "column 2" in shown


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "list.csv", "empty"),
        (b"\x89PNG\r\n\x1a\n0000", "list.csv", "PNG picture"),
        (b"%PDF-1.7 ...", "list.csv", "PDF"),
        (b"\x1f\x8b\x08\x00abc", "list.csv.gz", "gzip"),
        (b"PK\x03\x04 not really", "list.xlsx", "damaged"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    agent: Client, content: bytes, name: str, words: str
) -> None:
    response = send(agent, "crm", content, name)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ImportBatch.objects.exists()


BROKEN = FILE + 'Zo,"4155550999,Yes,2026-01-05,US\n' + FILE.split("\n", 1)[1]


def test_a_file_that_breaks_off_is_refused_with_the_line(agent: Client) -> None:
    response = send(agent, "crm", BROKEN)
    assert response.headers["Location"] == url("format", only())
    shown = page(agent, url("format", only()))
    assert "line 22" in shown
    assert "Close the quote" in shown
    form = {"encoding": "utf-8", "delimiter": ",", "header_line": "1", "action": "go"}
    assert agent.post(url("format", only()), form).status_code == 422


def test_a_file_that_breaks_off_far_down_fails_the_check_with_the_line(
    agent: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr("backoffice.imports.mapping.GUESS_ROWS", 10)
    send(agent, "crm", BROKEN)
    drain()
    batch = only()
    assert batch.status == S.FAILED
    shown = page(agent, url("batch", batch))
    assert "line 22" in shown
    assert "Nothing of it was written" in shown
    assert page(agent, url("format", batch))


def test_a_file_with_names_only_has_an_explicit_empty_state(agent: Client) -> None:
    send(agent, "crm", FILE.split("\n", 1)[0] + "\n")
    drain()
    shown = page(agent, url("preview", only()))
    assert "The file has no rows" in shown
    assert 'name="token"' not in shown


def test_a_workbook_is_unpacked_in_the_background_and_its_sheets_are_offered(agent: Client) -> None:
    response = send(agent, "crm", workbook("Contacts", "Notes <b>"), "list.xlsx")
    batch = only()
    assert response.headers["Location"] == url("batch", batch)
    assert "being unpacked" in page(agent, url("batch", batch))
    drain()
    assert agent.get(url("live", batch))["X-Live"] == "reload"
    assert agent.get(url("batch", batch)).headers["Location"] == url("format", batch)
    shown = page(agent, url("format", batch))
    assert "On Contacts" in shown
    assert "Notes &lt;b&gt;" in shown
    form = {"sheet": "Notes <b>", "header_line": "1", "action": "look"}
    assert agent.post(url("format", batch), form).headers["Location"] == url("batch", batch)
    drain()
    assert "On Notes" in page(agent, url("format", batch))
    response = agent.post(url("format", batch), form | {"action": "go"})
    assert response.headers["Location"] == url("preview", batch)
    assert (
        agent.post(url("format", batch), form | {"sheet": "Nowhere"}).status_code == 302
    )  # it is being checked


def test_a_known_workbook_is_said_to_be_known_once_it_is_read(agent: Client) -> None:
    earlier = upload("crm", workbook("Contacts"), "list.xlsx")
    taken_in(earlier)
    send(agent, "crm", workbook_again(earlier), "list.xlsx")
    drain()
    batch = ImportBatch.objects.exclude(pk=earlier.pk).get()
    assert "This exact file was imported before" in page(agent, url("format", batch))
    page(agent, url("known", batch))


def workbook_again(batch: ImportBatch) -> bytes:
    with batch.file.open("rb") as file:
        return bytes(file.read())


# --- Known files, twice -------------------------------------------------------------------------------------


def test_the_same_file_again_is_asked_about(agent: Client) -> None:
    earlier = upload("crm", FILE)
    taken_in(earlier)
    response = send(agent, "crm", FILE)
    batch = ImportBatch.objects.exclude(pk=earlier.pk).get()
    assert response.headers["Location"] == url("known", batch)
    shown = page(agent, url("known", batch))
    assert "This exact file was imported" in shown
    response = agent.post(url("check_only", batch))
    assert response.headers["Location"] == url("preview", batch)
    drain()
    shown = page(agent, url("preview", batch))
    assert "confirming would add nothing" in shown
    assert 'name="token"' not in shown
    batch.refresh_from_db()
    response = agent.post(url("confirm", batch), {"token": batch.confirm_token}, follow=True)
    assert "Nothing was added" in response.content.decode()
    assert Reading.objects.count() == 20


def test_a_file_that_waits_already_leads_to_the_one_that_waits(agent: Client) -> None:
    waiting = upload("crm", FILE)
    send(agent, "crm", FILE)
    batch = ImportBatch.objects.exclude(pk=waiting.pk).get()
    assert "waiting already" in page(agent, url("known", batch))


def test_a_double_confirmation_imports_once(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    for _ in range(2):
        response = agent.post(url("confirm", batch), {"token": batch.confirm_token})
        assert response.headers["Location"] == url("batch", batch)
    drain()
    assert agent.post(url("confirm", batch), {"token": batch.confirm_token}).status_code == 302
    assert Reading.objects.count() == 20


def test_a_preview_that_is_no_longer_true_is_not_confirmed(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    response = agent.post(url("confirm", batch), {"token": "0" * 64}, follow=True)
    assert "Nothing was written" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == S.PREVIEWED


# --- Rows and their files -----------------------------------------------------------------------------------


def test_rows_are_narrowed_to_one_reason_and_come_back_as_a_file(agent: Client) -> None:
    batch = upload("crm", FILE.replace("4155551003", "12").replace("4155551004", "").replace("P5", "<b>P5"))
    taken_in(batch)
    shown = page(agent, url("batch", batch) + "?why=rejected:phone_empty")
    assert 'id="line-6"' in shown
    assert 'id="line-5"' not in shown
    response = agent.get(url("rows_file", batch, "rejected"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert text.splitlines()[0] == "name,phone,sms_opt_in,opted_at,country,_line,_error_code,_error"
    assert len(text.splitlines()) == 3
    assert AuditEntry.objects.filter(action="import.rows_out", object_id=str(batch.pk)).exists()


def test_a_mended_file_is_recognised_and_says_so(agent: Client) -> None:
    batch = upload("crm", FILE.replace("4155551003", "12"))
    taken_in(batch)
    text = b"".join(agent.get(url("rows_file", batch, "rejected")).streaming_content).decode("utf-8-sig")
    send(agent, "crm", text.replace(",12,", ",4155551003,"), "mended.csv")
    drain()
    again = ImportBatch.objects.get(mends=batch)
    shown = page(agent, url("preview", again))
    assert "only the rows that waited there" in shown
    agent.post(url("confirm", again), {"token": again.confirm_token})
    drain()
    assert "1 row that waited here went on in another import" in page(agent, url("batch", batch))
    assert Reading.objects.count() == 20


def test_a_reason_that_does_not_exist_is_an_error_in_the_filter_and_no_more(agent: Client) -> None:
    batch = upload("crm", FILE)
    taken_in(batch)
    for query in (
        "?why=secret__startswith",
        "?why=%00",
        "?number=%00",
        "?after=%00",
        "?number=x",
        "?before=!!",
    ):
        page(agent, url("batch", batch) + query)
    for query in (
        "?system=%00",
        "?status=nope",
        "?day=31/02",
        "?by=%00",
        "?after=AAAA",
        "?by=99999999999999999999",
    ):
        page(agent, reverse("imports:batch_list") + query)


def test_held_rows_lead_to_the_page_where_their_words_are_explained(supervisor: Client) -> None:
    batch = upload("crm", FILE.replace("Unsubscribed", "Nein danke"))
    taken_in(batch)
    assert "Explain and take in again" in page(supervisor, url("batch", batch))
    response = supervisor.post(url("take_held", batch))
    again = ImportBatch.objects.get(mends=batch)
    assert response.headers["Location"] == url("mapping", again)
    shown = page(supervisor, url("mapping", again))
    assert "Nein danke" in shown
    assert supervisor.post(url("take_held", batch)).headers["Location"] == url("mapping", again)


def test_text_of_a_file_is_shown_as_text(agent: Client) -> None:
    bad = '<img src=x onerror=alert(1)>"><svg onload=1>{{7*7}}%(x)s'
    quoted = '"' + bad.replace('"', '""') + '"'
    batch = upload("crm", FILE.replace("P0", quoted).replace("P1,415555", f"{quoted},x"), f"{bad[:40]}.csv")
    for name in ("format", "mapping"):
        shown = page(agent, url(name, batch))
        assert "<img src=x" not in shown
        assert "&lt;img src=x" in shown
    taken_in(batch)
    for name in ("batch", "void"):
        assert "<img src=x" not in page(agent, url(name, batch))
    assert "<img src=x" not in page(agent, reverse("imports:batch_list"))


def test_hostile_column_names_are_text_and_no_targets(supervisor: Client) -> None:
    names = "phone,sms_opt_in,__class__,id,is_superuser,_connector,<b>x</b>"
    batch = upload("crm", f"{names}\n4155550101,Yes,a,b,c,d,e\n")
    shown = page(supervisor, url("mapping", batch))
    assert "<b>x</b>" not in shown
    answers = fields(shown) | {"action": ["confirm"], "confirm-0": ["on"]}
    refused = supervisor.post(url("mapping", batch), answers | {"column-is_superuser": ["id"]})
    assert refused.status_code == 400
    assert "is nothing a column can feed" in refused.content.decode()
    refused = supervisor.post(url("mapping", batch), answers | {"column-ref": ["no such column"]})
    assert refused.status_code == 400
    assert not ColumnMapping.objects.filter(system=batch.system, version=2).exists()


def test_two_columns_for_one_thing_and_one_column_for_two_are_refused(supervisor: Client) -> None:
    batch = upload("crm", FILE)
    answers = fields(page(supervisor, url("mapping", batch))) | {"action": ["confirm"], "confirm-0": ["on"]}
    two = supervisor.post(
        url("mapping", batch), _marked(supervisor, batch, answers, {"column-ref": ["name", "country"]})
    )
    assert "takes one column, not 2" in two.content.decode()
    twice = supervisor.post(
        url("mapping", batch), _marked(supervisor, batch, answers, {"column-email": ["phone"]})
    )
    assert "“phone” is mapped twice" in twice.content.decode()
    assert twice.status_code == two.status_code == 422


def _marked(
    client: Client, batch: ImportBatch, answers: dict[str, Any], change: dict[str, Any]
) -> dict[str, Any]:
    """The answers with a change, as if its questions had been looked at."""
    shown = client.post(url("mapping", batch), answers | change | {"action": ["look"]}).content.decode()
    return answers | change | {"shown": fields(shown)["shown"]}


# --- Who may what -------------------------------------------------------------------------------------------


def test_viewers_look_and_change_nothing(client: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    client.force_login(person("Viewer"))
    for name in ("preview", "format", "mapping"):
        shown = page(client, url(name, batch))
        assert 'name="token"' not in shown
    page(client, reverse("imports:batch_list"))
    for name in ("confirm", "check", "cancel", "resume", "take_held", "check_only"):
        assert client.post(url(name, batch)).status_code == 403
    assert client.get(reverse("imports:upload")).status_code == 403
    assert client.get(url("rows_file", batch, "rejected")).status_code == 403
    assert client.get(url("void", batch)).status_code == 403
    form = {"encoding": "cp1252", "delimiter": ";", "header_line": "1", "action": "look"}
    client.post(url("format", batch), form)
    client.post(url("mapping", batch), {"action": "confirm"})
    batch.refresh_from_db()
    assert (batch.status, batch.dialect["delimiter"]) == (S.PREVIEWED, ",")


def test_an_agent_cannot_keep_a_mapping(agent: Client) -> None:
    batch = upload("crm", STRANGE)
    shown = page(agent, url("mapping", batch))
    assert "A supervisor confirms how columns are read" in shown
    answers = fields(shown) | {"action": ["confirm"], "confirm-0": ["on"]}
    assert agent.post(url("mapping", batch), answers).status_code == 200
    batch.refresh_from_db()
    assert batch.mapping is None
    assert not ColumnMapping.objects.filter(version=2).exists()


def test_an_agent_cannot_confirm_what_permits_sending(agent: Client) -> None:
    head = "Sid,DateSent,Direction,From,To,Body,ErrorCode\n"
    batch = upload("twilio", head + "SM1,2026-01-05T10:00:00Z,inbound,+14155550101,+14155550100,START,\n")
    checked(batch)
    shown = page(agent, url("preview", batch))
    assert "A supervisor confirms this one" in shown
    assert 'name="token"' not in shown
    response = agent.post(url("confirm", batch), {"token": batch.confirm_token}, follow=True)
    assert "a supervisor confirms it" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == S.PREVIEWED


def test_voiding_opt_outs_takes_a_supervisor_and_a_reason(client: Client) -> None:
    batch = upload("crm", FILE)
    taken_in(batch)
    client.force_login(person("Agent"))
    shown = page(client, url("void", batch))
    assert "This takes a supervisor" in shown
    assert client.post(url("void", batch), {"reason": "wrong file"}).status_code == 403
    supervisor = person("Supervisor")
    client.force_login(supervisor)
    shown = page(client, url("void", batch))
    assert "opt-outs learned from it" in shown
    assert client.post(url("void", batch), {"reason": " "}).status_code == 422
    assert client.post(url("void", batch), {"reason": "wrong file"}).headers["Location"] == url(
        "batch", batch
    )
    batch.refresh_from_db()
    assert (batch.status, batch.void_reason, batch.voided_by) == (S.VOIDED, "wrong file", supervisor)
    assert "wrong file" in page(client, url("batch", batch))


def test_the_uploaded_file_is_for_supervisors_and_on_record(client: Client) -> None:
    batch = upload("crm", FILE, "kunden liste.csv")
    client.force_login(person("Agent"))
    assert client.get(url("raw_file", batch)).status_code == 403
    supervisor = person("Supervisor")
    client.force_login(supervisor)
    response = client.get(url("raw_file", batch))
    assert b"".join(response.streaming_content).decode() == FILE
    assert response["Content-Disposition"] == 'attachment; filename="kunden-liste.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(action="import.download", actor=supervisor).exists()
    ImportBatch.objects.filter(pk=batch.pk).update(file="", rows_file="", status=S.CANCELLED)
    assert client.get(url("raw_file", batch)).status_code == 404
    assert "was removed" in page(client, url("batch", batch))


def test_who_asks_by_get_for_what_changes_something_is_refused(supervisor: Client) -> None:
    batch = upload("crm", FILE)
    for name in ("confirm", "check", "cancel", "resume", "take_held", "check_only"):
        assert supervisor.get(url(name, batch)).status_code == 405
        assert supervisor.head(url(name, batch)).status_code == 405
    batch.refresh_from_db()
    assert batch.status == S.SNIFFED


@pytest.mark.parametrize(
    "spelling", ["0", "012", "1_2", "٣", "99999999999999999999", "-1", "1.0", "%2012%20"]
)
def test_an_address_has_one_spelling(supervisor: Client, spelling: str) -> None:
    upload("crm", FILE)
    assert supervisor.get(f"/imports/{spelling}/").status_code == 404


def test_a_batch_that_does_not_exist_is_not_found(supervisor: Client) -> None:
    for name in ("batch", "live", "known", "format", "mapping", "preview", "void", "raw_file"):
        assert supervisor.get(reverse(f"imports:{name}", args=[999_999_999_999_999_999])).status_code == 404


def test_somebody_who_uploads_without_end_is_asked_to_wait(agent: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("backoffice.imports.views.upload.UPLOADS_PER_MINUTE", 2)
    for n in range(2):
        assert send(agent, "crm", FILE + f"# {n}\n").status_code == 302
    response = send(agent, "crm", FILE)
    assert response.status_code == 422
    assert "Wait a little" in response.content.decode()
    assert ImportBatch.objects.count() == 2


# --- Progress -----------------------------------------------------------------------------------------------


def test_progress_is_told_while_it_runs_and_the_page_loads_anew_at_the_end(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    agent.post(url("confirm", batch), {"token": batch.confirm_token})
    live = agent.get(url("live", batch))
    assert "X-Live" not in live.headers
    assert "Waiting." in live.content.decode()
    drain()
    assert agent.get(url("live", batch))["X-Live"] == "reload"


def test_a_lost_worker_is_said_to_be_lost(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    agent.post(url("confirm", batch), {"token": batch.confirm_token})
    now = timezone.now()
    JobRun.objects.filter(kind="import.run").update(
        status="running", started_at=now, heartbeat_at=now, lease_until=now - timedelta(seconds=1)
    )
    ImportBatch.objects.filter(pk=batch.pk).update(status=S.RUNNING, rows_done=10)
    shown = page(agent, url("batch", batch))
    assert "Worker lost, resuming" in shown
    assert "10 of 20 rows taken in (50 %)" in shown
    assert "Worker lost, resuming" in page(agent, reverse("imports:batch_list"))


def test_an_import_whose_job_broke_says_why_and_offers_to_resume(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    agent.post(url("confirm", batch), {"token": batch.confirm_token})
    ImportBatch.objects.filter(pk=batch.pk).update(status=S.RUNNING)
    JobRun.objects.filter(kind="import.run").update(status="failed", failure="The disk is full.")
    shown = page(agent, url("batch", batch))
    assert "The disk is full." in shown
    assert "Resume" in shown
    agent.post(url("resume", batch))
    drain()
    batch.refresh_from_db()
    assert (batch.status, batch.adds_up) == (S.DONE, True)


def test_the_list_is_told_anew_as_long_as_something_moves(agent: Client) -> None:
    batch = upload("crm", FILE)
    checked(batch)
    agent.post(url("confirm", batch), {"token": batch.confirm_token})
    address = reverse("imports:batch_list") + "?status=confirmed"
    moving = agent.get(address, headers={"X-Requested-With": "fetch"})
    assert "X-Live" not in moving.headers
    assert "<html" not in moving.content.decode()
    drain()
    still = agent.get(reverse("imports:batch_list"), headers={"X-Requested-With": "fetch"})
    assert still["X-Live"] == "done"


@pytest.mark.parametrize("count", [3, 12])
def test_the_list_takes_as_many_queries_for_many_files_as_for_few(
    agent: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for n in range(count):
        upload("crm", FILE + f"# {n}\n")
    agent.get(reverse("imports:batch_list"))
    with django_assert_max_num_queries(26):
        agent.get(reverse("imports:batch_list"))
