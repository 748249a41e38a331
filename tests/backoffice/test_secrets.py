import pytest
from django import forms
from django.core import serializers
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from backoffice.secrets import CannotUnseal, Secret, SecretField

OLD, NEW = "o" * 40, "n" * 40
TEXT = "sk_live_9f8e7d6c5b4a"


with isolate_apps("backoffice"):

    class Lock(models.Model):
        """A table that exists in no database: forms and dumps need none."""

        key = SecretField(help_text="Of the account.")

        class Meta:
            app_label = "backoffice"

        def __str__(self) -> str:
            return "lock"


class LockForm(forms.ModelForm):
    class Meta:
        model = Lock
        fields = ["key"]


def test_what_is_stored_and_what_is_printed_hold_nothing_of_the_secret_but_its_end():
    secret = Secret.of(TEXT)
    assert secret.reveal() == TEXT
    assert TEXT not in secret.sealed
    assert str(secret) == "•••• 5b4a"
    assert TEXT not in f"{secret!r} {secret}"


def test_a_short_secret_shows_nothing():
    assert str(Secret.of("hunter2")) == "••••"


def test_no_secret_is_empty_and_false():
    assert not Secret.of("")
    assert Secret().reveal() == str(Secret()) == ""


@override_settings(SECRETS_KEYS=[OLD])
def test_a_replaced_key_still_opens_what_it_sealed_and_a_removed_one_says_what_to_do():
    secret = Secret.of(TEXT)
    with override_settings(SECRETS_KEYS=[NEW, OLD]):
        assert secret.reveal() == TEXT
        again = Secret.of(TEXT)
    with override_settings(SECRETS_KEYS=[NEW]):
        assert again.reveal() == TEXT
        assert str(secret) == "unreadable: enter it again"
        with pytest.raises(CannotUnseal, match="enter it again"):
            secret.reveal()


def test_a_form_never_shows_it_keeps_it_when_left_empty_and_removes_it_on_a_hyphen():
    lock = Lock(key=Secret.of(TEXT))
    page = LockForm(instance=lock).as_p()
    assert TEXT not in page
    assert "5b4a" in page
    for typed, kept in [("", TEXT), ("another secret", "another secret"), ("-", "")]:
        form = LockForm({"key": typed}, instance=lock)
        assert form.is_valid()
        assert form.save(commit=False).key.reveal() == kept


def test_a_form_sent_back_with_an_error_does_not_show_what_was_typed():
    form = LockForm({"key": "two\nlines of it"})
    assert "line break" in form.errors["key"][0]
    assert "lines of it" not in form.as_p()


def test_a_dump_holds_no_secret():
    lock = Lock(pk=1, key=Secret.of(TEXT))
    dump = serializers.serialize("json", [lock])
    assert '"key": ""' in dump
    assert lock.key.sealed not in dump
