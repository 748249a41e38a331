"""Campaigns that were checked, and the form that has another one checked."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access import can, needs
from backoffice.files.unreadable import Unreadable
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from consent.models import Sender
from errors import campaign_check
from errors.campaign_form import CampaignForm
from errors.models import CampaignCheck

BY_TIME = [Key("pk", descending=True)]


@require_safe
@needs("errors.view_campaigncheck")
def campaign_list(request: HttpRequest) -> HttpResponse:
    named = request.GET.get("name", "")[:120]
    page = page_of(_named(named), request.GET, order=BY_TIME, size=30)
    return render_in_admin(
        request,
        "errors/campaign_list.html",
        {
            "title": "Checked campaigns",
            "subtitle": "A text and everybody on its list, before it is sent.",
            "current": "check",
            "page": page,
            "named": named,
            "may_check": can(request.user, "errors.add_campaigncheck"),
        },
    )


def _named(name: str) -> QuerySet[CampaignCheck]:
    found = CampaignCheck.objects.select_related("asked_by").defer(
        "tally", "projection", "columns", "dialect"
    )
    return found.filter(name=name) if name else found


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs("errors.add_campaigncheck")
def campaign_new(request: HttpRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        given = form.cleaned_data
        try:
            check = campaign_check.ask(
                given["file"],
                original_name=given["file"].name,
                name=given["name"],
                template=given["body"],
                message=form.asked(),
                program=given["program"],
                price=given["price"],
                by=request.user,
            )
        except Unreadable as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("errors:campaign", pk=check.pk)
    context = {
        "title": "Check a campaign",
        "subtitle": "Runs in the background. The list is kept for a time and never sent to.",
        "crumbs": [("Checked campaigns", reverse("errors:campaign_list"))],
        "current": "check",
        "form": form,
        "senders": Sender.objects.order_by("address").values_list("address", flat=True)[:200],
    }
    status = 400 if form.is_bound and form.errors else 200
    return render_in_admin(request, "errors/campaign_new.html", context, status=status)
