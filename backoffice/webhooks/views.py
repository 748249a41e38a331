"""The address that providers call. Nobody is signed in here: a signature is all there is."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backoffice.models import WebhookEndpoint
from backoffice.webhooks.providers import PROVIDERS, Answer
from backoffice.webhooks.receive import TOO_LARGE, receive, refuse
from backoffice.webhooks.shapes import Call
from backoffice.webhooks.signatures import NotSigned


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep the call if it is vouched for, and answer as its provider wants to be answered."""
    now = timezone.now()
    endpoints = WebhookEndpoint.objects.select_related("system")
    endpoint = endpoints.filter(public_id=public_id, is_active=True).first()
    if endpoint is None:
        raise Http404("Nobody is called at this address.")
    body = _body(request)
    if body is None:
        refuse(endpoint, TOO_LARGE, now)
        return _as_response(Answer(413))
    provider = PROVIDERS[endpoint.provider]
    call = Call(
        http_method=request.method or "",
        address=endpoint.address.partition("?")[0],
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        received_at=now,
    )
    try:
        receive(endpoint, call, now=now)
    except NotSigned as refusal:
        return _as_response(provider.answer_to(refusal.doubt))
    return _as_response(provider.kept)


def _body(request: HttpRequest) -> bytes | None:
    """None where it is too large. Django takes a body in pieces, which says no length, for an empty one."""
    most: int = settings.WEBHOOK_MAX_BYTES
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", ""):
        pieces: bytes = request.META["wsgi.input"].read(most + 1)
        return pieces if len(pieces) <= most else None
    return request.body if int(request.META.get("CONTENT_LENGTH") or 0) <= most else None


def _as_response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if answer.challenge:
        response["WWW-Authenticate"] = answer.challenge
    # Refusals are counted, and logged once a minute; Django would log each, with an address nobody should know.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
