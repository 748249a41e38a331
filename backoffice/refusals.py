"""Refusals that Django answers with nothing or without a difference, as a page."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import server_error


def wrong_method(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: who opens an address that only takes what a form sends (after signing in again, or from a bookmark)
    is told so. An answer that has words of its own, as all of the API have, stays as it is."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page

    return answer


def our_error(request: HttpRequest) -> HttpResponse:
    """The page of an error that nobody caught. While the database is away or too busy it says so: 503, which proxies
    and people know to try again. Asks the database nothing."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "10"})
    return server_error(request)
