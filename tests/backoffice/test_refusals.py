"""What nobody caught is a page, and the database's own trouble another one."""

import pytest
from django.db import IntegrityError, OperationalError
from django.test import RequestFactory

from backoffice.refusals import our_error
from backoffice.urls import handler500


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("server closed the connection"), 503, "does not answer at the moment"),
        (IntegrityError("duplicate key"), 500, "our side"),
        (ZeroDivisionError(), 500, "our side"),
    ],
)
def test_a_database_that_is_away_is_no_error_of_ours(error, status, words):
    assert handler500 == f"{our_error.__module__}.{our_error.__name__}"
    try:
        raise error
    except type(error):
        answer = our_error(RequestFactory().get("/review"))
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert answer.has_header("Retry-After") is (status == 503)
