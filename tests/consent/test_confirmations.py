"""The one text that may follow a STOP is told from every other, and from one that sells."""

import pytest

from consent.confirmations import judge

PLAIN = [
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "Acme: You're unsubscribed and will get no further texts. Reply HELP for help.",
    "You are opted out. No more messages will be sent. Msg & data rates may apply.",
    "You have been opted out of Acme Deals. Text START to rejoin.",
    "Acme Alerts: You’ve been removed. You won’t hear from us again.",
    "Acme: opt-out request received.",
    "Your number has been unsubscribed.",
    "Unsubscribed from Acme Offers. Questions? 1-800-555-0199",
    "Acme: STOP confirmed. You will no longer receive texts from us.",
    "Acme: Se ha dado de baja. No recibirá más mensajes.",
    "Has sido dado de baja de las ofertas de Acme. Ya no recibirás mensajes.",
    "Tu baja ha sido confirmada.",
    "Acme : vous êtes désabonné. Vous ne recevrez plus de SMS de notre part.",
    "Votre désinscription a bien été prise en compte.",
    "Vous avez été désinscrit des offres Acme.",
]
SELLING = [
    "You're unsubscribed. Before you go: 20% off with code BYE20!",
    "You have been unsubscribed from Acme. Shop now at https://acme.example/sale",
    "You are opted out. Changed your mind? Get $5 when you text START.",
    "Se ha dado de baja. Última oferta: envío gratis hoy.",
    "Vous êtes désabonné. Profitez d'une dernière remise de 10 %.",
    "You will not receive any more messages. We miss you - exclusive deals are waiting.",
]
OTHER = [
    "Acme: 20% off everything today. Reply STOP to unsubscribe.",
    "Your parcel arrives today. Text STOP to opt out.",
    "Acme: Reply YES to receive texts. Reply STOP to opt out at any time.",
    "Oferta de hoy. Responda STOP para darse de baja.",
    "Envía BAJA para no recibir más mensajes.",
    "Soldes ! STOP au 36180 pour ne plus recevoir nos offres.",
    "Pour vous désabonner, répondez STOP.",
    "You will not get a better price unless you act now.",
    "Your appointment was cancelled.",
    "",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_confirmation_is_one(text: str) -> None:
    assert judge(text) == (True, False)


@pytest.mark.parametrize("text", SELLING)
def test_a_confirmation_that_sells_is_told(text: str) -> None:
    assert judge(text) == (True, True)


@pytest.mark.parametrize("text", OTHER)
def test_a_footer_confirms_nothing(text: str) -> None:
    assert judge(text) == (False, False)


def test_case_accents_and_spaces_make_no_difference() -> None:
    assert judge("  YOU ARE\nUNSUBSCRIBED ").confirms
    assert judge("VOUS ETES DESABONNE").confirms
