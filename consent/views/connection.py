"""How a system is written to over HTTP: its settings, whether it answers, and trying it out on one number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import audit
from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.models import System
from backoffice.words import staff_words
from consent import outside, retry
from consent.connection_form import ConnectionForm, TryForm
from consent.models import Connection, DeliveryEvent
from consent.outside import Exchange, Trouble
from consent.ready_made_connections import BY_CODE, NOT_TRIED, READY_CONNECTIONS, begin_from


@dataclass(frozen=True, slots=True)
class Service:
    """Whether a system that is written over HTTP takes anything now, in words."""

    label: str
    tone: str
    words: str
    can_try: bool = False
    connection: Connection | None = None


def service_of(system: System, now: datetime) -> Service | None:
    """None: nothing is written to it over HTTP."""
    if system.delivery != System.Delivery.HTTP:
        return None
    connection: Connection | None = getattr(system, "connection", None)
    if connection is None or not connection.can_write:
        return Service("Not set up", "bad", "Nobody said how it is written to.")
    if connection.is_stopped:
        return Service("Stopped", "bad", connection.paused_why, True, connection)
    if connection.paused_until is not None and connection.paused_until > now:
        again = f"{connection.paused_why} Tries again {staff_words(connection.paused_until)}."
        return Service("Paused", "warn", again, True, connection)
    if connection.is_on_probation:
        return Service(
            "Being tried again", "wait", "One request at a time until it answers.", False, connection
        )
    words = "" if connection.checked_at else "Nobody has tried it out yet."
    return Service("Working" if connection.answered_at else "Ready", "ok", words, False, connection)


@require_http_methods(["GET", "POST"])
@needs("consent.change_connection")
def connection(request: HttpRequest, slug: str) -> HttpResponse:
    """The settings; secrets go in and never come out."""
    system = get_object_or_404(System, slug=slug)
    row = Connection.objects.filter(system=system).first() or Connection(system=system)
    form = ConnectionForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            if system.delivery != System.Delivery.HTTP:
                System.objects.filter(pk=system.pk).update(delivery=System.Delivery.HTTP)
            retry.look_again(system, now=timezone.now())
            audit.record(request.user, "connection.change", system, fields=sorted(form.changed_data))
        messages.success(
            request, f"Saved. Try it out before corrections leave for {system.name} by themselves."
        )
        return redirect(reverse("consent:connection", args=[system.slug]))
    return _page(request, system, form, TryForm())


@require_POST
@needs("consent.change_connection")
def connection_ready_made(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin from what a vendor documents."""
    system = get_object_or_404(System, slug=slug)
    ready = BY_CODE.get(request.POST.get("ready_made", ""))
    if ready is None:
        messages.warning(request, "Choose one of the ready-made settings.")
    else:
        row = Connection.objects.filter(system=system).first() or Connection(system=system)
        with transaction.atomic():
            begin_from(row, ready.code).save()
            audit.record(request.user, "connection.ready_made", system, ready_made=ready.code)
        messages.success(
            request, f"Filled in from “{ready.name}”. {NOT_TRIED} Complete the variables and the secret."
        )
    return redirect(reverse("consent:connection", args=[system.slug]))


@require_POST
@needs("consent.change_connection")
def connection_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Read one number and show what was asked and answered. Nothing is written."""
    system = get_object_or_404(System, slug=slug)
    row = get_object_or_404(Connection.objects.select_related("system"), system=system)
    tried = TryForm(request.POST)
    result = _try(row, tried.cleaned_data, request) if tried.is_valid() else None
    return _page(request, system, ConnectionForm(instance=row), tried, result)


def _try(row: Connection, given: dict[str, str], request: HttpRequest) -> dict[str, Any]:
    if not row.can_read:
        return {"ok": False, "words": "Nothing says how it is read: fill in “Read back” first."}
    values = row.values(number=given["number"], ref=given["ref"], program="", value="out", key="try")
    try:
        found = outside.read(row, values)
    except Trouble as trouble:
        ok, words, exchange = False, str(trouble), trouble.exchange
    else:
        ok, words, exchange = True, f"It says “{found.text}”, which means {found.value}.", found.exchange
        Connection.objects.filter(pk=row.pk).update(checked_at=timezone.now())
    _keep(row, words, exchange, request)
    return {"ok": ok, "words": words, "exchange": exchange}


def _keep(row: Connection, words: str, exchange: Exchange, request: HttpRequest) -> None:
    DeliveryEvent.objects.create(
        system=row.system,
        what=DeliveryEvent.What.TRIED_OUT,
        note=words,
        request=exchange.request,
        code=exchange.code,
        excerpt=exchange.excerpt,
        seconds=exchange.seconds,
        by=request.user if isinstance(request.user, User) else None,
    )


@require_POST
@needs("backoffice.control_jobrun")
def connection_try_now(request: HttpRequest, slug: str) -> HttpResponse:
    """End a pause before its time."""
    system = get_object_or_404(System, slug=slug)
    assert isinstance(request.user, User)
    if Connection.objects.filter(system=system).exists():
        retry.try_now(system, by=request.user, now=timezone.now())
        messages.success(request, f"{system.name} is being tried again, with one request first.")
    return redirect(reverse("consent:write_backs", args=[system.slug]))


def _page(
    request: HttpRequest,
    system: System,
    form: ConnectionForm,
    tried: TryForm,
    result: dict[str, Any] | None = None,
) -> HttpResponse:
    row = form.instance
    ready = BY_CODE.get(row.ready_made)
    context = {
        "title": f"How {system.name} is written to",
        "subtitle": "Over HTTP: what is sent, how it is read back, and how it lets us in.",
        "current": "corrections",
        "crumbs": [
            ("Write-backs", reverse("consent:write_back_list")),
            (system.name, reverse("consent:write_backs", args=[system.slug])),
        ],
        "system": system,
        "form": form,
        "try_form": tried,
        "result": result,
        "row": row,
        "ready": ready,
        "not_tried": NOT_TRIED,
        "ready_made": READY_CONNECTIONS,
        "service": service_of(System.objects.select_related("connection").get(pk=system.pk), timezone.now()),
        "is_kept": row.pk is not None,
        "will_switch": system.delivery != System.Delivery.HTTP,
    }
    return render_in_admin(request, "consent/connection.html", context)
