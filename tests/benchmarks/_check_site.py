"""The web server of the benchmark of send checks: the product as it is, and beside it two bare views."""

import json
import random
from functools import cache
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

settings.ROOT_URLCONF = __name__
application = get_wsgi_application()  # first: the URLs below need the apps

NUMBERS = 100_000
PROGRAM = "promo"


@cache
def _token_id() -> int:
    from backoffice.models import ApiToken

    return ApiToken.objects.latest("pk").pk


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    """The least that Django can do."""
    return HttpResponse("{}", content_type="application/json")


@csrf_exempt
def select(request: HttpRequest) -> HttpResponse:
    """What one would write by hand: the same SELECT for one number, its row as it is."""
    from consent.send_check import ON_POSTGRESQL
    from tests.benchmarks._ledger import e164_of

    given: dict[str, Any] = {
        "asked": [e164_of(random.randrange(NUMBERS))],
        "program": PROGRAM,
        "sender": None,
        "token": _token_id(),
        "block": "PROVIDER_BLOCKED_AGREED_IN",
    }
    with connection.cursor() as cursor:
        cursor.execute(ON_POSTGRESQL, given)
        row = cursor.fetchone()
    return HttpResponse(json.dumps(row, default=str), content_type="application/json")


urlpatterns = [
    path("empty", empty),
    path("select", select),
    path("", include("backoffice.urls")),
]
