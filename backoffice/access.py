"""Who may do what. Four roles as Django groups; every list, button, view and job asks `can`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

VIEWER, AGENT, SUPERVISOR, ADMIN = "Viewer", "Agent", "Supervisor", "Administrator"

# Whoever may look may keep filters of what they look at, for themselves.
_LOOK = ("view_*", "backoffice.add_savedview")
_WORK = (
    "backoffice.add_importbatch",
    "backoffice.export_list",
    "consent.review_flag",
    "consent.waive_flag",
    "errors.note_errorcode",
    "errors.fix_pattern",
    "errors.add_campaigncheck",
)
_LEAD = (
    "backoffice.void_importbatch",
    "backoffice.permit_importbatch",
    "backoffice.change_columnmapping",
    "backoffice.control_jobrun",
    "backoffice.share_savedview",
    "backoffice.export_long_list",
    "consent.assign_flag",
    "consent.add_suppressionexport",
    "consent.approve_correction",
    "consent.change_notice",
    "consent.draft_notice",
    "errors.classify_errorcode",
    "errors.assign_pattern",
    "errors.mute_pattern",
    "errors.detect_pattern",
    "errors.run_rulereplay",
    "errors.export_qualityfinding",
    "errors.export_resends",
    "errors.change_preflightrule",
    "errors.export_campaigncheck",
)
_KEEP = (
    "backoffice.add_system",
    "backoffice.change_system",
    "backoffice.add_columnmapping",
    "backoffice.add_apitoken",
    "backoffice.add_webhookendpoint",
    "backoffice.change_webhookendpoint",
    "consent.change_connection",
    "consent.add_program",
    "consent.change_program",
    "consent.add_sender",
    "consent.change_sender",
    "consent.add_wording",
    "consent.change_wording",
    "consent.add_reasoncode",
    "consent.change_reasoncode",
    "auth.add_user",
    "auth.change_user",
)
# Each role may do what the one before it may. Nobody is given the right to edit the ledger: there is none.
ROLES: dict[str, tuple[str, ...]] = {
    VIEWER: _LOOK,
    AGENT: _LOOK + _WORK,
    SUPERVISOR: _LOOK + _WORK + _LEAD,
    ADMIN: _LOOK + _WORK + _LEAD + _KEEP,
}


def sync_roles() -> None:
    """Make the groups hold exactly the rights listed here. Safe to run twice; run after every migrate."""
    for role, rights in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        named = Q()
        for right in rights:
            if right == "view_*":
                named |= Q(
                    codename__startswith="view_",
                    content_type__app_label__in=["backoffice", "consent", "errors"],
                )
            else:
                app, codename = right.split(".")
                named |= Q(content_type__app_label=app, codename=codename)
        group.permissions.set(Permission.objects.filter(named))


def can(user: User | AnonymousUser, right: str) -> bool:
    """Whether an active member of staff has the right, e.g. `consent.review_flag`."""
    return bool(user.is_active and user.is_staff and user.has_perm(right))


def staff_with(right: str) -> QuerySet[User]:
    """Everybody of whom `can` says so, in one question."""
    # Named, because the other backend only counts the failures to sign in.
    backend = "django.contrib.auth.backends.ModelBackend"
    return User.objects.with_perm(right, backend=backend).filter(is_staff=True)


def needs(right: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view for staff with this right: others are asked to sign in, or told that they may not."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not can(request.user, right):
                raise PermissionDenied(right)
            return view(request, *args, **kwargs)

        guarded.needed_right = right  # type: ignore[attr-defined]  # the test that walks every URL reads it
        return guarded

    return decorate
