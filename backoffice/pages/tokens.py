"""Tokens of the API: made once, shown once, revoked at once. For administrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import audit
from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import ApiToken, System
from backoffice.models.token import SCOPE_WORDS

RIGHT = "backoffice.add_apitoken"
LIVES = {"90": "90 days", "365": "One year", "730": "Two years", "": "Until it is revoked"}


class TokenForm(forms.Form):
    system = forms.ModelChoiceField(
        System.objects.filter(is_active=True).order_by("name", "pk"),
        empty_label="Choose one",
        help_text="Who will show it. What it reports is kept as said by this system.",
    )
    name = forms.CharField(
        label="What for", max_length=80, help_text="One token per use, e.g. “send pipeline, production”."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(
        label="How long it opens", choices=list(LIVES.items()), initial="365", required=False
    )

    def expires_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["days"]
        return now + timedelta(days=int(days)) if days else None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(RIGHT)
@sensitive_variables("secret")
def token_list(request: HttpRequest) -> HttpResponse:
    """All tokens, and a form for a new one. The answer to the form shows its secret, once: it is not kept."""
    form = TokenForm(request.POST or None)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = _make(form, request.user)
        except IntegrityError:
            form.add_error(
                "name",
                "This system has a token of that name. Revoke that one first, or say what is different.",
            )
    page = page_of(
        ApiToken.objects.select_related("system", "created_by", "revoked_by"),
        request.GET,
        order=[Key("pk", descending=True)],
    )
    context: dict[str, Any] = {
        "title": "API tokens",
        "subtitle": "What other systems show to ask and to report. Only a hash is kept.",
        "crumbs": [("Tables", reverse("admin:index"))],
        "current": "tables",
        "form": TokenForm() if made else form,
        "made": made,
        "secret": secret,
        "page": page,
        "now": timezone.now(),
    }
    response = render_in_admin(request, "backoffice/token_list.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _make(form: TokenForm, by: Any) -> tuple[ApiToken, str]:
    """Raises IntegrityError where the name is taken."""
    now = timezone.now()
    given = form.cleaned_data
    with transaction.atomic():
        token, secret = ApiToken.objects.issue(
            given["system"],
            given["name"],
            given["scopes"],
            by=by,
            now=now,
            expires_at=form.expires_at(now),
        )
        audit.record(by, "token.make", token, system=token.system.slug, scopes=token.scopes)
    return token, secret


@require_POST
@needs(RIGHT)
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.select_related("system"), pk=pk)
    assert isinstance(request.user, User)
    with transaction.atomic():
        revoked = token.revoke(by=request.user, now=timezone.now())
        if revoked:
            audit.record(request.user, "token.revoke", token, system=token.system.slug)
    if revoked:
        messages.success(request, f"{token} of {token.system} is revoked. Its next request is refused.")
    else:
        messages.info(request, f"{token} was revoked already.")
    return redirect("tokens:token_list")
