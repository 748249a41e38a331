"""Wordings without a database: which version was shown, what a text says, how plain it is, what changed."""

# ruff: noqa: E501 - texts are kept as people read them

from datetime import date

import pytest

from consent import wording
from consent.wording import Element, Kind, Shown, Version

FULL = {
    "en": (
        "Yes, send me offers from Acme Shoes by text. Acme may send automated marketing texts to the phone number I gave. "
        "Message frequency varies. Message and data rates may apply. Reply STOP to cancel or HELP for help. Consent is not "
        "a condition of purchase."
    ),
    "es": (
        "Sí, quiero ofertas de Acme Shoes por texto. Acme puede enviar mensajes automáticos al número de teléfono que di. "
        "La frecuencia varía. Pueden aplicar tarifas de mensajes y datos. Responda STOP para salir o AYUDA para ayuda. El "
        "consentimiento no es una condición de compra."
    ),
    "fr": (
        "Oui, je veux les offres d'Acme Shoes par texto. Acme peut envoyer des messages automatisés au numéro de téléphone "
        "fourni. La fréquence varie. Des frais de messages et de données peuvent s'appliquer. Répondez STOP pour arrêter ou "
        "AIDE pour de l'aide. Ce n'est pas une condition d'achat."
    ),
}
# What each sentence carries, so that leaving it out must be noticed.
WITHOUT = {
    Element.FREQUENCY: {
        "en": "Message frequency varies. ",
        "es": "La frecuencia varía. ",
        "fr": "La fréquence varie. ",
    },
    Element.RATES: {
        "en": "Message and data rates may apply. ",
        "es": "Pueden aplicar tarifas de mensajes y datos. ",
        "fr": "Des frais de messages et de données peuvent s'appliquer. ",
    },
    Element.AUTOMATED: {"en": "automated ", "es": " automáticos", "fr": " automatisés"},
    Element.CONDITION: {
        "en": "Consent is not a condition of purchase.",
        "es": "El consentimiento no es una condición de compra.",
        "fr": "Ce n'est pas une condition d'achat.",
    },
    Element.STOP: {"en": "STOP to cancel or ", "es": "STOP para salir o ", "fr": "STOP pour arrêter ou "},
    Element.HELP: {"en": "HELP for help", "es": "AYUDA para ayuda", "fr": "AIDE pour de l'aide"},
    Element.NUMBER: {
        "en": "to the phone number I gave",
        "es": "al número de teléfono que di",
        "fr": "au numéro de téléphone fourni",
    },
}


def lint(text, language="en", kind=Kind.OPT_IN, sellers=("Acme Shoes", "Acme"), **more):
    return wording.lint(text, kind=kind, language=language, sellers=sellers, **more)


@pytest.mark.parametrize("language", FULL)
def test_a_complete_text_lacks_nothing(language):
    read = lint(FULL[language], language)
    assert [check.element for check in read.missing] == []
    assert read.is_complete


@pytest.mark.parametrize("language", FULL)
@pytest.mark.parametrize("element", WITHOUT)
def test_what_is_left_out_is_missed_and_nothing_else(element, language):
    text = FULL[language].replace(WITHOUT[element][language], "")
    assert text != FULL[language]
    assert [check.element for check in lint(text, language).missing] == [element]


def test_it_says_where_it_found_what():
    found = {check.element: FULL["en"][check.start : check.end] for check in lint(FULL["en"]).checks}
    assert found[Element.SELLER] == "Acme Shoes"
    assert found[Element.RATES] == "Message and data rates may apply"
    assert found[Element.CONDITION].startswith("not a condition of purchase")


def test_a_name_within_another_word_is_no_seller():
    assert Element.SELLER in {
        check.element for check in lint("Acmezone sends offers", sellers=["Acme"]).missing
    }


def test_the_verb_stop_is_no_keyword():
    read = lint(FULL["en"].replace("STOP to cancel", "We stop at noon"))
    assert Element.STOP in {check.element for check in read.missing}


@pytest.mark.parametrize(
    ("language", "element", "text"),
    [
        ("en", Element.FREQUENCY, "You get daily texts."),
        ("en", Element.FREQUENCY, "2x/week."),
        ("en", Element.FREQUENCY, "# of msgs varies."),
        ("en", Element.RATES, "Your carrier's messaging rates apply."),
        ("en", Element.STOP, "Reply 'stop' to cancel."),
        ("en", Element.CONDITION, "Consent isn’t a condition of purchase."),
        ("en", Element.CONDITION, "You don't have to agree to buy from us."),
        ("es", Element.FREQUENCY, "4 msjs/mes."),
        ("es", Element.RATES, "Aplican tarifas de su operador."),
        ("es", Element.CONDITION, "Puede comprar sin dar su consentimiento."),
        ("fr", Element.FREQUENCY, "4 msgs/mois."),
        ("fr", Element.RATES, "Des frais de données sont applicables."),
        ("fr", Element.CONDITION, "Vous pouvez acheter sans consentir."),
    ],
)
def test_an_element_may_be_said_in_other_words(language, element, text):
    assert element not in {check.element for check in lint(text, language).missing}


@pytest.mark.parametrize(
    ("language", "element", "text"),
    [
        ("en", Element.RATES, "No message or data rates apply."),
        ("en", Element.RATES, "Message and data rates do not apply."),
        ("en", Element.STOP, "NON-STOP savings."),
        ("en", Element.AUTOMATED, "These texts are not automated."),
        ("es", Element.RATES, "No se aplican tarifas."),
        ("fr", Element.RATES, "Aucuns frais ne s'appliquent."),
    ],
)
def test_an_element_denied_is_an_element_missing(language, element, text):
    assert element in {check.element for check in lint(text, language).missing}


def test_an_order_update_needs_less_than_marketing_and_an_answer_to_help_less_still():
    text = "Acme order updates by text. Msg frequency varies. Msg & data rates may apply. STOP to end, HELP for help."
    assert not lint(text, is_marketing=False).missing
    assert {check.element for check in lint(text).missing} == {
        Element.AUTOMATED, Element.CONDITION, Element.NUMBER,
    }  # fmt: skip
    assert not lint("Acme: call 555-0100. Reply STOP to cancel.", kind=Kind.HELP).missing


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The only way to stop is to reply STOP.", "en"),
        ("You can only opt out by replying STOP.", "en"),
        ("Reply STOP. Opt-outs by phone are not accepted.", "en"),
        ("Solo puede salir con STOP.", "es"),
        ("Seulement le mot ARRET met fin aux textos.", "fr"),
    ],
)
def test_no_way_out_may_be_called_the_only_one(text, language):
    assert lint(f"Acme. {text}", language, Kind.OPT_OUT).warnings


def test_a_text_only_a_lawyer_reads_is_called_hard():
    hard = (
        "Notwithstanding any preexisting contractual authorization, the undersigned irrevocably acknowledges telecommunications "
        "solicitations administered automatically by affiliated organizations and intermediaries."
    )
    assert "hard to read" in wording.plain(hard, "en").problem
    assert wording.plain("Get texts from us. Reply STOP to end.", "en").is_plain
    assert wording.plain(" ".join(["palabra"] * 60) + ".", "es").problem
    assert not wording.plain("", "en").is_plain
    assert wording.plain("https://example.com/terms/and/conditions", "en").words == 0


def test_a_text_without_a_space_costs_no_more_than_its_length():
    assert wording.plain("a" * 200_000, "en").words == 1  # minutes, if every letter began a link


def version(key=1, program=1, kind=Kind.OPT_IN, language="en", place="", start=(2026, 1, 1), end=None):
    return Version(
        key, program, kind, language, place, date(*start) if start else None, date(*end) if end else None
    )


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (version(2, start=(2026, 6, 1)), True),
        (version(2, start=(2025, 1, 1), end=(2025, 12, 31)), False),
        (version(2, start=(2025, 1, 1), end=(2026, 1, 1)), True),
        (version(2, language="es"), False),
        (version(2, place="Till"), False),
        (version(2, kind=Kind.HELP), False),
        (version(2, program=2), False),
        (version(2, start=None), False),
    ],
)
def test_two_versions_of_one_place_and_language_may_not_share_a_day(other, overlaps):
    assert wording.overlap(version(), other) is overlaps
    assert wording.overlap(other, version()) is overlaps


ON = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("shown", "versions", "key"),
    [
        (Shown(1, ON), [version()], 1),
        (Shown(1, ON), [version(end=(2026, 2, 1)), version(2, start=(2026, 2, 2))], 2),
        (Shown(1, ON), [version(place="Checkout"), version(2, place="Till")], None),
        (
            Shown(1, ON, places=("https://acme.test/checkout",)),
            [version(place="checkout"), version(2, place="till")],
            1,
        ),
        (Shown(1, ON), [version(start=None)], None),
        (Shown(1, ON), [version(program=2)], None),
        (Shown(1, ON), [version(kind=Kind.HELP)], None),
        (Shown(1, None), [version()], None),
        (Shown(1, date(2025, 1, 1)), [version()], None),
    ],
)
def test_a_date_points_to_a_version_only_where_no_other_could_be_meant(shown, versions, key):
    found = wording.match(shown, versions)
    assert (found.key if found else None) == key
    assert found is None or found.by_date


def test_what_the_source_reported_needs_no_date():
    assert wording.match(Shown(1, None, reported=7), []) == wording.Match(7, by_date=False)


def test_marks_cover_the_text_and_never_each_other():
    pieces = wording.marked("abcdef", [(1, 3, "x"), (2, 4, "y"), (4, 5, "z")])
    assert [(piece.text, piece.label) for piece in pieces] == [
        ("a", ""), ("bc", "x"), ("d", ""), ("e", "z"), ("f", ""),
    ]  # fmt: skip


def test_changes_show_what_went_and_what_came():
    pieces = wording.changes("Reply STOP to end.", "Reply STOP to cancel.")
    assert [(piece.text, piece.label) for piece in pieces] == [
        ("Reply STOP to ", ""), ("end.", "gone"), ("cancel.", "new"),
    ]  # fmt: skip
