"""Colleagues called by name in a note: who is meant, who is told, where they find it, when it is read."""

import pytest
from django.urls import reverse

from consent import desk, mentions
from consent.models import Mention
from tests.backoffice import make as people
from tests.consent import make

LIST = reverse("consent:mention_list")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Could @ana look?", ["ana"]),
        ("@Ana, @ben.ruiz: the shop called. (@ana)", ["Ana", "ben.ruiz", "ana"]),
        ("@ana@example.org and @ana again, @ana.", ["ana@example.org", "ana"]),
        ("Mail to ana@example.org, call 5 @ 3 pm", []),
        ("@ @. plain", []),
        ("הערה ל@דנה", []),
        ("הערה: @דנה", ["דנה"]),
    ],
)
def test_a_name_is_a_word_after_an_at_sign_and_no_address_of_mail(text, names):
    assert mentions.called(text) == names


@pytest.mark.django_db
def test_who_is_called_and_may_see_the_flag_is_told_once():
    flag, author, ana = make.stopped_but_texted(), make.staff(), make.staff(name="ana")
    gone = make.staff(name="gone")
    gone.is_active = False
    gone.save()
    told = desk.comment(flag, text=f"@ANA @ana @gone @{author.username} @nobody: look", by=author)
    assert told.people == [ana]
    assert told.unknown == ["gone", "nobody"]
    assert list(Mention.objects.values_list("person", flat=True)) == [ana.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("called", "told"), [("ana", "ana"), ("Ana", "Ana"), ("ANA", "Ana"), ("Ärger", "Ärger")]
)
def test_the_name_as_it_is_written_goes_before_one_in_another_case(called, told):
    for name in ("Ana", "ana", "Ärger"):
        make.staff(name=name)
    found = desk.comment(make.stopped_but_texted(), text=f"@{called} look", by=make.staff())
    assert ([person.username for person in found.people], found.unknown) == ([told], [])


@pytest.mark.django_db
def test_only_who_may_see_the_flag_is_offered_by_name(browser):
    outsider, root, ana = people.person(None), people.root(), make.staff(name="ana")
    page = browser().get(reverse("consent:flag_review", args=[make.stopped_but_texted().pk]))
    offered = list(page.context["colleagues"])
    assert ana in offered
    assert root in offered
    assert outsider not in offered
    assert len(offered) == len(set(offered))


@pytest.mark.django_db
def test_staff_who_may_not_see_flags_are_not_told():
    outsider = people.person(None)
    told = desk.comment(make.stopped_but_texted(), text=f"@{outsider.username} look", by=make.staff())
    assert told.people == []
    assert not Mention.objects.exists()


@pytest.mark.django_db
def test_a_mention_stands_in_the_queue_until_its_flag_is_opened(browser):
    flag, ana = make.stopped_but_texted(), make.staff(name="ana")
    other = make.without_proof()
    author = browser()
    said = author.post(
        reverse("consent:flag_comment", args=[flag.pk]),
        {"text": "Is <b>this</b> right?", "tell": "@ana"},
        follow=True,
    )
    assert "Noted for colleagues; ana will see it." in said.content.decode()
    assert "to colleagues only, told ana" in " ".join(said.content.decode().split())
    desk.comment(other, text="@ana and this", by=author.person)
    client = browser(person=ana)
    assert client.get(reverse("consent:flag_list")).context["mentions"] == 2
    listed = client.get(LIST)
    assert [row.event.flag for row in listed.context["page"].rows] == [other, flag]
    assert "@ana Is &lt;b&gt;this&lt;/b&gt; right?" in listed.content.decode()
    page = reverse("consent:flag_review", args=[flag.pk])
    client.head(page)  # nobody has read anything by it
    assert Mention.objects.unread().count() == 2
    client.get(page)
    assert [row.event.flag for row in client.get(LIST).context["page"].rows] == [other]
    assert len(client.get(f"{LIST}?tab=all").context["page"].rows) == 2
    assert author.get(f"{LIST}?tab=all").context["page"].rows == []


@pytest.mark.django_db
def test_a_name_that_nobody_goes_by_is_said(browser):
    flag = make.stopped_but_texted()
    said = browser().post(
        reverse("consent:flag_comment", args=[flag.pk]), {"text": "@nobody look"}, follow=True
    )
    assert "Nobody who may see this flag is called @nobody" in said.content.decode()


@pytest.mark.django_db
def test_a_note_looks_unlike_the_steps_of_a_flags_life(browser):
    flag, client = make.stopped_but_texted(), browser()
    desk.comment(flag, text="Called the shop.", by=client.person)
    desk.assign([flag.pk], to=client.person, by=client.person, now=make.NOW)
    events = {event.note: event.is_note for event in flag.events.all()}
    assert events["Called the shop."] is True
    assert [note for note, is_note in events.items() if is_note] == ["Called the shop."]
    assert (
        client.get(reverse("consent:flag_review", args=[flag.pk])).content.decode().count("small house-note")
        == 1
    )
