"""The log and the notes on failed work: what an error says, and nothing of what it quotes."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.exceptions import DisallowedHost
from django.db import IntegrityError, connection, transaction

from backoffice import jobs
from backoffice.api import Strict
from backoffice.models import JobRun
from backoffice.quiet_log import WithoutNumbers, WithoutValues, without_values

NUMBER = "+14155550123"
TEXT = "Hi Ann"  # by its name: the lines of code in a traceback are no values


def logged(error: Exception) -> str:
    """What the one formatter of the settings makes of it, said as Celery says it."""
    ours = next(one for one in logging.root.handlers if isinstance(one.formatter, WithoutValues))
    record = logging.LogRecord(
        "celery", 40, "", 0, "Task raised: %r", (error,), (type(error), error, error.__traceback__)
    )
    record.exc_text = f"kept by another formatter: {error}"
    return ours.format(record)


def raised(wrong, kind: type[Exception]) -> Exception:
    with pytest.raises(kind) as found, transaction.atomic():
        wrong()
    return found.value


@pytest.mark.django_db
def test_a_row_that_stands_already_is_logged_without_its_number():
    def twice():
        JobRun.objects.create(kind="consent.reconcile", subject=NUMBER)

    twice()
    text = logged(raised(twice, IntegrityError))
    assert NUMBER not in text
    assert "DETAIL" not in text
    assert "IntegrityError" in text
    assert "in twice" in text  # the traceback stays
    assert "job_run" in text or "jobrun" in text  # and what was touched


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite takes any text for a number")
def test_a_value_that_the_database_cannot_read_is_not_logged():
    def wrong():
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text::uuid", [TEXT])

    text = logged(raised(wrong, Exception))
    assert TEXT not in text
    assert "22P02" in text


@pytest.mark.django_db
def test_a_failed_run_keeps_no_number_on_its_page():
    run = jobs.start("odd", "all", trigger=JobRun.Trigger.COMMAND)

    def broken(subject, *, beat):
        raise ValueError(
            f"it's not for '{NUMBER}' nor for +1 (415) 555-0123: “call me, Ann” in 'Ann' of ann@example.org"
        )

    with pytest.raises(ValueError):
        jobs.work(run.pk, {"odd": broken})
    run.refresh_from_db()
    assert "ValueError: it's not for “…” nor for …: “…” in “…” of … (broken" in run.failure


def test_what_does_not_fit_a_model_is_not_repeated():
    class Body(Strict):
        number: int

    error = raised_by(lambda: Body.model_validate({"number": NUMBER + "x", "text": TEXT}))
    assert without_values(error) == "Body: extra_forbidden, int_parsing"
    try:
        raise LookupError("not this one") from error
    except LookupError as outer:
        text = logged(outer)
    assert NUMBER not in text
    assert TEXT not in text


def raised_by(wrong) -> Exception:
    with pytest.raises(ValueError) as found:
        wrong()
    return found.value


@pytest.mark.parametrize("wrong", [lambda: {}["field_name"], lambda: json.loads("{"), lambda: 1 / 0])
def test_what_quotes_nobody_is_said_as_it_is(wrong):
    with pytest.raises(Exception) as found:
        wrong()
    assert without_values(found.value) == str(found.value)
    assert str(found.value) in logged(found.value)


def test_the_log_keeps_no_number_of_an_address():
    record = logging.LogRecord(
        "django.request", 30, "", 0, "%s: %s", ("Not Found", "/api/v1/contacts/+14155550100/consent"), None
    )
    assert WithoutNumbers().filter(record)
    assert record.getMessage() == "Not Found: /api/v1/contacts/…/consent"
    plain = logging.LogRecord("django.request", 30, "", 0, "%s: %s", ("Not Found", "/contacts/12/"), None)
    WithoutNumbers().filter(plain)
    assert plain.getMessage() == "Not Found: /contacts/12/"


def test_the_host_that_is_not_allowed_is_named():
    error = DisallowedHost(
        "Invalid HTTP_HOST header: 'back-office.example.org:8000'. You may need to add it."
    )
    assert "'back-office.example.org:8000'" in logged(error)
