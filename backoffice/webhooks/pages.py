"""Pages about webhooks: what to paste at the provider, what came, what could not be worked on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import audit, rooms
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.webhooks import work
from backoffice.webhooks.forms import EndpointForm
from backoffice.webhooks.providers import PROVIDERS
from backoffice.webhooks.receive import TOO_LARGE
from backoffice.webhooks.shapes import Said, Unreadable
from backoffice.webhooks.signatures import Doubt

LOOK, ADD, CHANGE = (f"backoffice.{act}_webhookendpoint" for act in ("view", "add", "change"))
RETRY = "backoffice.control_jobrun"
SHOWN = 8_000  # characters of a body
REFUSALS_LATELY = timedelta(days=7)
TABS = (("", "All"), ("failed", "Failed"), ("waiting", "Waiting"))
REFUSALS = {
    Doubt.NOTHING_TO_CHECK_WITH: "No secret is stored, or it can no longer be opened: enter it again.",
    Doubt.NO_SIGNATURE: "It came without a signature: is signing switched on at the provider, and of the same kind as "
    "the endpoint?",
    Doubt.WRONG_SIGNATURE: "The signature did not match: is the public address exactly what the provider calls, and "
    "is the secret of the same account?",
    Doubt.TOO_OLD: "It was signed more than five minutes before or after it came: is the clock of this machine right? "
    "A wish not to be texted is let in all the same.",
    TOO_LARGE: "It was larger than a call may be.",
}


@dataclass(frozen=True)
class Listed:
    """An endpoint as the list shows it."""

    endpoint: WebhookEndpoint
    last_at: datetime | None
    waiting: int
    failed: int
    now: datetime

    @property
    def is_refusing(self) -> bool:
        """Whether calls were refused lately: older refusals are history."""
        at = self.endpoint.refused_at
        return at is not None and self.now - at < REFUSALS_LATELY

    @property
    def refused_because(self) -> str:
        return REFUSALS.get(self.endpoint.refused_because, "")


def _listed(endpoints: Any) -> list[Listed]:
    now = timezone.now()
    latest = WebhookCall.objects.filter(endpoint=OuterRef("pk")).order_by("-pk").values("received_at")[:1]
    rows = list(endpoints.select_related("system", "created_by").annotate(last_at=Subquery(latest)))
    unsettled = WebhookWork.objects.filter(endpoint__in=rows).exclude(status=WebhookWork.Status.DONE)
    counted = {
        (endpoint, status): count
        for endpoint, status, count in unsettled.values_list("endpoint", "status").annotate(Count("pk"))
    }
    return [
        Listed(row, row.last_at, counted.get((row.pk, "waiting"), 0), counted.get((row.pk, "failed"), 0), now)
        for row in rows
    ]


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Tables", reverse("admin:index")), ("Webhooks", reverse("webhooks:endpoint_list")), *more]


@require_safe
@needs(LOOK)
def endpoint_list(request: HttpRequest) -> HttpResponse:
    context = {
        "title": "Webhooks",
        "subtitle": "Where providers tell us at once what people reply and what became of our texts.",
        "crumbs": _crumbs()[:1],
        "current": "tables",
        "rows": _listed(WebhookEndpoint.objects.order_by("-is_active", "provider", "pk")),
        "may_add": can(request.user, ADD),
    }
    return render_in_admin(request, "backoffice/webhooks/endpoint_list.html", context)


@needs(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_add(request: HttpRequest) -> HttpResponse:
    form = EndpointForm(
        request.POST or None, initial={"address": request.build_absolute_uri("/").rstrip("/")}
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.instance.created_by = request.user
            endpoint = form.save()
            audit.record(
                request.user, "webhook.add", endpoint, provider=endpoint.provider, address=endpoint.address
            )
        messages.success(request, "Give the address below to the provider.")
        return redirect("webhooks:endpoint", pk=endpoint.pk)
    return _form_page(request, form, "Add a webhook", _crumbs())


@needs(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_change(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint.objects.select_related("system"), pk=pk)
    form = EndpointForm(request.POST or None, instance=endpoint)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            # Which fields, never what they hold: a secret is nobody's to read.
            audit.record(request.user, "webhook.change", endpoint, fields=form.changed_data)
        messages.success(request, "Saved.")
        return redirect("webhooks:endpoint", pk=endpoint.pk)
    crumbs = _crumbs((str(endpoint), reverse("webhooks:endpoint", args=[pk])))
    return _form_page(request, form, "Change the webhook", crumbs)


def _form_page(
    request: HttpRequest, form: EndpointForm, title: str, crumbs: list[tuple[str, str]]
) -> HttpResponse:
    context = {
        "title": title,
        "crumbs": crumbs,
        "current": "tables",
        "form": form,
        "secrets": [
            (WebhookEndpoint.Provider(code).label, provider.secret) for code, provider in PROVIDERS.items()
        ],
    }
    return render_in_admin(request, "backoffice/webhooks/endpoint_form.html", context)


@require_safe
@needs(LOOK)
def endpoint(request: HttpRequest, pk: int) -> HttpResponse:
    found = _listed(WebhookEndpoint.objects.filter(pk=pk))
    listed = found[0] if found else get_object_or_404(WebhookEndpoint, pk=pk)
    assert isinstance(listed, Listed)
    tab = request.GET.get("state", "")
    calls = WebhookCall.objects.filter(endpoint=listed.endpoint).select_related("work")
    if tab in {"failed", "waiting"}:
        calls = calls.filter(work__status=tab, work__endpoint=listed.endpoint)
    page = page_of(calls.defer("body", "headers", "query"), request.GET, order=[Key("pk", descending=True)])
    context = {
        "title": str(listed.endpoint),
        "subtitle": "Calls of this provider as they came, and what became of each.",
        "crumbs": _crumbs(),
        "current": "tables",
        "listed": listed,
        "page": page,
        "tabs": TABS,
        "tab": tab,
        "may_change": can(request.user, CHANGE),
    }
    return render_in_admin(request, "backoffice/webhooks/endpoint.html", context)


@require_safe
@needs(LOOK)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(
        WebhookCall.objects.select_related("work", "endpoint", "endpoint__system"), pk=pk
    )
    body = bytes(kept.body).decode("utf-8", "replace")
    said: list[Said] = []
    if kept.work.status == WebhookWork.Status.DONE:  # any other may break this page as it broke the work
        with suppress(Unreadable):
            said = work.read(kept.endpoint, kept)
    context = {
        "title": f"Call {kept.pk}",
        "crumbs": _crumbs((str(kept.endpoint), reverse("webhooks:endpoint", args=[kept.endpoint_id]))),
        "current": "tables",
        "call": kept,
        "brought": rooms.of_call(kept.endpoint.system_id, said, request.user),
        "body": body[:SHOWN],
        "is_cut": len(body) > SHOWN,
        "may_retry": can(request.user, RETRY) and kept.work.status == WebhookWork.Status.FAILED,
    }
    return render_in_admin(request, "backoffice/webhooks/call.html", context)


@require_POST
@needs(RETRY)
def call_retry(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(WebhookCall, pk=pk)
    with transaction.atomic():
        again = work.retry(kept)
        if again:
            audit.record(request.user, "webhook.retry", kept)
    if again:
        messages.success(request, "It is worked on again.")
    else:
        messages.warning(request, "It did not fail, or somebody had it tried again before you.")
    return redirect("webhooks:call", pk=pk)
