"""A setting is understood, or refused with its name: nothing is guessed, and no secret is repeated."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice import environment as env


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda: env.flag("NAME"), "ture"),
        (lambda: env.number("NAME", 5), "many"),
        (lambda: env.number("NAME", 5), "1.5"),
        (lambda: env.number("NAME", 5), "-1"),
        (lambda: env.number("NAME", 5, least=1), "0"),
        (lambda: env.number("NAME", 5, below=540), "540"),
        (lambda: env.number("NAME", 5.0), "nan"),
        (lambda: env.number("NAME", 5.0), "inf"),
        (lambda: env.one_of("NAME", ("sender", "all")), "everything"),
        (lambda: env.hours_or_never("NAME", "24"), "soon"),
        (lambda: env.hours_by_name("NAME"), "twilio"),
        (lambda: env.day("NAME", "2027-01-31"), "01/31/2027"),
        (lambda: env.zone("NAME", "UTC"), "Mars/Olympus"),
        (lambda: env.zone("NAME", "UTC"), "../../etc/passwd"),
        (lambda: env.calendar("NAME", "US"), "ZZ"),
        (lambda: env.calendar("NAME", "US"), "US-QQ"),
        (lambda: env.folder("NAME", Path("var")), "/dev/null/var"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(monkeypatch, read, said):
    monkeypatch.setenv("NAME", said)
    with pytest.raises(ImproperlyConfigured, match=rf"NAME\b.*{said}"):
        read()


@pytest.mark.parametrize(
    "said",
    [
        "nonsense",
        "mysql://u:hush@h/d",
        "postgresql://u:hush@h:port/d",
        "http://hush@h/",
        "redis://:hush@h:x/0",
    ],
)
@pytest.mark.parametrize("read", [env.database, env.queue])
def test_an_address_that_does_not_fit_is_not_repeated(monkeypatch, read, said):
    monkeypatch.setenv("NAME", said)
    with pytest.raises(ImproperlyConfigured, match="NAME") as refusal:
        read("NAME", "")
    assert "hush" not in str(refusal.value)


def test_a_short_key_is_not_repeated(monkeypatch):
    monkeypatch.setenv("NAME", "hush," + "k" * 32)
    with pytest.raises(ImproperlyConfigured, match="NAME") as refusal:
        env.long_keys("NAME", characters=32)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("said", ["", "  "])
def test_set_to_nothing_is_not_set(monkeypatch, said):
    monkeypatch.setenv("NAME", said)
    read = (env.flag("NAME"), env.number("NAME", 5), env.text("NAME", "a"), env.one_of("NAME", ("b", "c")))
    assert read == (False, 5, "a", "b")
    assert env.database("NAME", "sqlite:///x.sqlite3")["NAME"] == "x.sqlite3"
    assert env.queue("NAME", "redis://h/0") == "redis://h/0"


def test_capitals_do_not_matter(monkeypatch):
    monkeypatch.setenv("NAME", "Info")
    assert env.one_of("NAME", ("WARNING", "INFO")) == "INFO"
    monkeypatch.setenv("NAME", "ON")
    assert env.flag("NAME")


def test_numbers_keep_their_kind(monkeypatch):
    monkeypatch.setenv("NAME", "2")
    assert type(env.number("NAME", 5)) is int
    assert type(env.number("NAME", 5.0)) is float
