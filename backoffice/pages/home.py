from __future__ import annotations

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice import rooms
from backoffice.frame import render_in_admin


@require_safe
@staff_member_required
def home(request: HttpRequest) -> HttpResponse:
    """What needs attention now. Every number is a link to the list that shows exactly that many."""
    sections = rooms.sections(request.user, timezone.now())
    return render_in_admin(
        request, "backoffice/home.html", {"title": "Home", "sections": sections, "is_home": True}
    )
