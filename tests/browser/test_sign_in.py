import pytest
from django.contrib.auth import get_user_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clerk():
    return get_user_model().objects.create_superuser("ana", password="a long enough phrase")


def test_signs_in_with_the_keyboard_alone(page, clerk):
    page.goto("/admin/login/?next=/admin/")
    page.keyboard.type("ana")  # the name has the focus already
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough phrase")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")


def test_a_wrong_password_is_said_on_the_page(page, clerk):
    page.goto("/admin/login/")
    page.fill("#id_username", "ana")
    page.fill("#id_password", "guess")
    page.keyboard.press("Enter")
    assert "do not belong together" in page.inner_text("[role=alert]")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_sign_in_is_accessible(new_page, check_accessibility, dark):
    page = new_page(dark=dark)
    page.goto("/admin/login/")
    check_accessibility(page)


def test_sign_in_fits_a_phone(new_page, fits_width):
    page = new_page({"width": 390, "height": 844})
    page.goto("/admin/login/")
    assert fits_width(page)


def test_a_session_is_enough_to_open_a_page(open_page, clerk):
    page = open_page(clerk, "/admin/")
    assert "ana" in page.inner_text("#user-tools").lower()
