"""Who may do what: the table that staff are told, row by row."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from backoffice.access import ADMIN, AGENT, ROLES, SUPERVISOR, VIEWER, can, needs, sync_roles
from tests.backoffice import make

pytestmark = pytest.mark.django_db
ORDER = [VIEWER, AGENT, SUPERVISOR, ADMIN]
# right: the first role that has it; None: nobody is given it
FIRST = {
    "consent.view_flag": VIEWER,
    "backoffice.view_importbatch": VIEWER,
    "backoffice.view_jobrun": VIEWER,
    "backoffice.view_auditentry": VIEWER,
    "backoffice.add_savedview": VIEWER,
    "backoffice.share_savedview": SUPERVISOR,
    "backoffice.change_savedview": None,
    "backoffice.add_importbatch": AGENT,
    "backoffice.export_list": AGENT,
    "backoffice.export_long_list": SUPERVISOR,
    "consent.review_flag": AGENT,
    "consent.waive_flag": AGENT,
    "backoffice.control_jobrun": SUPERVISOR,
    "backoffice.void_importbatch": SUPERVISOR,
    "consent.assign_flag": SUPERVISOR,
    "consent.approve_correction": SUPERVISOR,
    "consent.view_notice": VIEWER,
    "consent.change_notice": SUPERVISOR,
    "consent.draft_notice": SUPERVISOR,
    "consent.view_wording": VIEWER,
    "consent.change_wording": ADMIN,
    "errors.view_errorcode": VIEWER,
    "errors.note_errorcode": AGENT,
    "errors.classify_errorcode": SUPERVISOR,
    "errors.change_errorcode": None,
    "errors.delete_errorcode": None,
    "errors.view_pattern": VIEWER,
    "errors.fix_pattern": AGENT,
    "errors.mute_pattern": SUPERVISOR,
    "errors.assign_pattern": SUPERVISOR,
    "errors.detect_pattern": SUPERVISOR,
    "errors.export_resends": SUPERVISOR,
    "errors.view_rulereplay": VIEWER,
    "errors.run_rulereplay": SUPERVISOR,
    "errors.view_qualityfinding": VIEWER,
    "errors.export_qualityfinding": SUPERVISOR,
    "errors.change_qualityfinding": None,
    "errors.view_preflightrule": VIEWER,
    "errors.change_preflightrule": SUPERVISOR,
    "errors.view_campaigncheck": VIEWER,
    "errors.add_campaigncheck": AGENT,
    "errors.export_campaigncheck": SUPERVISOR,
    "backoffice.add_apitoken": ADMIN,
    "backoffice.change_apitoken": None,
    "consent.add_suppressionexport": SUPERVISOR,
    "backoffice.change_system": ADMIN,
    "consent.change_program": ADMIN,
    "consent.change_connection": ADMIN,
    "auth.change_user": ADMIN,
    "consent.change_consentrecord": None,
    "consent.delete_consentrecord": None,
    "consent.change_reading": None,
    "consent.change_agreedstatus": None,
    "consent.change_flag": None,
    "consent.delete_flag": None,
    "backoffice.change_auditentry": None,
    "backoffice.delete_auditentry": None,
    "backoffice.delete_system": None,
    "auth.delete_user": None,
    "auth.change_group": None,
}


def test_a_right_begins_at_one_role_and_holds_for_all_above():
    people = {role: make.person(role) for role in ORDER}
    expected = {right: ORDER[ORDER.index(first) :] if first else [] for right, first in FIRST.items()}
    assert {right: [role for role in ORDER if can(people[role], right)] for right in FIRST} == expected


def test_every_right_that_a_role_names_exists():
    sync_roles()
    known = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }
    named = {right for rights in ROLES.values() for right in rights if "*" not in right}
    assert named <= known


def test_setting_the_roles_twice_changes_nothing_and_takes_strange_rights_away():
    sync_roles()
    viewer = Group.objects.get(name=VIEWER)
    rights = set(viewer.permissions.all())
    viewer.permissions.add(Permission.objects.get(codename="review_flag"))
    sync_roles()
    assert set(viewer.permissions.all()) == rights


def test_who_left_may_nothing_with_a_session_that_is_still_open(client):
    person = make.person(ADMIN)
    client.force_login(person)
    assert client.get("/jobs/").status_code == 200
    person.is_active = False
    person.save()
    assert client.get("/jobs/").status_code == 302
    assert not can(person, "consent.view_flag")


def test_a_right_without_being_staff_opens_nothing():
    person = make.person(ADMIN)
    person.is_staff = False
    assert not can(person, "consent.view_flag")
    assert not can(AnonymousUser(), "consent.view_flag")


def test_a_view_asks_strangers_to_sign_in_and_comes_back_to_the_page():
    @needs("consent.view_flag")
    def page(request):
        return HttpResponse("open")

    request = RequestFactory().get("/review/?severity=S1")
    request.user = AnonymousUser()
    assert page(request)["Location"].endswith("?next=/review/%3Fseverity%3DS1")
    request.user = make.person()
    with pytest.raises(PermissionDenied):
        page(request)
    request.user = make.person(VIEWER)
    assert page(request).content == b"open"
