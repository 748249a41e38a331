"""What the texts of a program have to say, and how they say it in English, Spanish and French.

Sources: prior express written consent, 47 CFR 64.1200(f)(9) (seller, telephone number, automated means, not a condition
of purchase); CTIA Messaging Principles and Best Practices 5.1.2 and 5.1.3 (program, frequency, rates, STOP, HELP).
"""

# ruff: noqa: E501 - patterns are kept as they read

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    """Where a text stands: before one agrees, where one takes it back, the answer to HELP, the one confirmation."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"
    HELP = "help"
    CONFIRMATION = "confirmation"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    Kind.OPT_IN: "Opt-in text",
    Kind.OPT_OUT: "Opt-out text",
    Kind.HELP: "Answer to HELP",
    Kind.CONFIRMATION: "Confirmation",
}


class Element(StrEnum):
    SELLER = "seller"
    PURPOSE = "purpose"
    NUMBER = "number"
    AUTOMATED = "automated"
    FREQUENCY = "frequency"
    RATES = "rates"
    STOP = "stop"
    HELP = "help"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class About:
    """What an element is called, and what to write when it is missing."""

    title: str
    remedy: str


ABOUT: dict[Element, About] = {
    Element.SELLER: About("Who sends", "Name the brand or the program as people know it."),
    Element.PURPOSE: About("What for", "Say what the messages are about: offers, order updates, reminders."),
    Element.NUMBER: About("To which number", "Say that the texts go to the phone number that was given."),
    Element.AUTOMATED: About("Sent automatically", "Say that the messages are automated."),
    Element.FREQUENCY: About(
        "How often", "Say how often: “Message frequency varies” or “up to 4 messages a month”."
    ),
    Element.RATES: About("What it costs", "Write “Message and data rates may apply”."),
    Element.STOP: About("How to stop", "Write “Reply STOP to cancel”, and do not call it the only way."),
    Element.HELP: About("How to get help", "Write “Reply HELP for help”."),
    Element.CONDITION: About("No condition of purchase", "Write “Consent is not a condition of purchase”."),
}

_ALL = frozenset(Element)
# What a text of each kind cannot do without.
NEEDED: dict[Kind, frozenset[Element]] = {
    Kind.OPT_IN: _ALL,
    Kind.OPT_OUT: frozenset({Element.SELLER, Element.STOP}),
    Kind.HELP: frozenset({Element.SELLER, Element.STOP}),
    Kind.CONFIRMATION: frozenset({Element.SELLER}),
}
# Of an opt-in text: what written consent to marketing asks for, and texts about an order do without.
OF_MARKETING = frozenset({Element.AUTOMATED, Element.CONDITION, Element.NUMBER})

# By language; a text may mix them, so every language is tried, the text's own first.
_WRITTEN: dict[str, dict[Element, str]] = {
    "en": {
        Element.PURPOSE: r"\b(?:marketing|promotional|promotions?|promos?|offers?|deals|discounts?|coupons?|sales|news"
        r"(?:letters?)?|updates?|alerts?|reminders?|notifications?|announcements?|surveys?|(?:order|delivery|account|"
        r"appointment|shipping|event|donation|campaign|security)[- ](?:\w+ )?(?:texts?|messages?|information|status)"
        r"|(?:about|regarding|concerning) (?:my|your|our|upcoming|new) (?:\w+ ){0,2}(?:orders?|deliver(?:y|ies)|appointments?|accounts?"
        r"|shipments?|bookings?|visits?|donations?|events?|prescriptions?|payments?))\b",
        Element.NUMBER: r"\b(?:(?:tele)?phone|mobile|cell(?:ular)?|wireless|contact) (?:phone )?number\b|\b(?:at|to) (?:the|"
        r"this|my|your) (?:\w+ )?number\b|\bnumber (?:I|you)(?:['’]ve| have)? (?:provided?|gave|given|entered|listed)\b",
        Element.AUTOMATED: r"(?<!not )\bauto(?:mated|matic(?:ally)?|-?dial(?:l?er|ed|ing)|dialing)\b|\bauto-?dialer\b",
        Element.FREQUENCY: r"\b(?:msg|msgs|message|messages|text)?s?\.? ?(?:frequency|freq\.?)\b|\brecurring\b|\b(?:up to |about "
        r"|approx(?:imately|\.)? |max(?:imum)?(?: of)? )?(?:\d+(?: ?[-–] ?\d+)?|one|two|three|four|five|six|ten) "
        r"(?:\w+ )?(?:msgs?|messages?|texts?|alerts?)(?: ?/ ?| (?:per|a|each|every) )?(?:mo(?:nth)?|week|wk|day|year)?\b"
        r"|\b(?:one[- ]time|single) (?:\w+ )?(?:message|text)\b|\b(?:daily|weekly|monthly)\b|\b\d+ ?(?:x|times) ?(?:/|per|an?|each|every) "
        r"?(?:day|week|wk|mo(?:nth)?|year)\b|(?:#|\b(?:number|amount)) of (?:\w+ )?(?:msgs?|messages?|texts?) (?:\w+ )?var(?:y|ies)\b",
        Element.RATES: r"(?<!\bno )\b(?:msg|msgs|message|messages|text|texting|messaging|standard|carrier)[^.!?]{0,25}\brates? "
        r"(?:\w+ )?(?:(?:may|might|will) )?(?:also )?apply\b|\bcharges may apply\b",
        Element.STOP: r"(?<![-\w])STOP\b(?!-)|\b(?i:reply|text|txt|send)(?: with)? [\"'“‘]?[Ss]top[\"'”’]? (?:to|at)\b|\b[Oo]pt[- ]?out\b(?= (?:at )?any ?time| by| via)|\b[Uu]nsubscribe\b",
        Element.HELP: r"\bHELP\b|\b(?:call|email|e-mail|contact|visit)\b[^.!?]{0,40}\bfor (?:help|support|assistance)\b",
        Element.CONDITION: r"(?:\bnot|n['’]t) (?:required|a (?:requirement|condition|prerequisite)|(?:be )?a condition|necessary|needed)\b"
        r"[^.!?]{0,40}\b(?:purchas\w*|buy\w*|order\w*|service\w*|goods)\b|\b(?:without|no) (?:consent|agreeing|obligation)\b"
        r"[^.!?]{0,40}\b(?:purchas\w*|buy)\b|\b(?:purchas\w+|buy)\b[^.!?]{0,30}\bwithout (?:consent|agreeing|signing up)\w*"
        r"|(?:\bnot|n['’]t) (?:have|need) to (?:agree|consent|opt[- ]in|sign up|join)\b[^.!?]{0,30}\b(?:purchas\w*|buy)\b",
    },
    "es": {
        Element.PURPOSE: r"\b(?:marketing|promocional(?:es)?|promoci(?:ón|on|ones)|publicitari[oa]s?|publicidad|ofertas?|"
        r"descuentos?|cupones|novedades|noticias|actualizaciones|alertas?|avisos?|recordatorios?|notificaciones|encuestas?)\b",
        Element.NUMBER: r"\bn[uú]mero (?:de )?(?:tel[eé]fono|celular|m[oó]vil)\b|\b(?:al|a mi|a su|a este|al siguiente) n[uú]mero\b"
        r"|\bn[uú]mero (?:que )?(?:proporcion\w+|indic\w+|facilit\w+)\b",
        Element.AUTOMATED: r"\bautom[aá]tic\w*\b|\bautomatizad\w*\b|\bmarca(?:dor|ción) autom\w*\b",
        Element.FREQUENCY: r"\bfrecuencia\b|\brecurrentes?\b|\b(?:hasta |unos |aprox\w* )?(?:\d+|un|dos|tres|cuatro|cinco|seis|diez) "
        r"(?:mensajes?|msjs?|textos?|sms|alertas?)(?: ?/ ?| (?:al|por|cada|a la) )(?:mes|semana|d[ií]a|año)\b|\bun solo mensaje\b"
        r"|\b(?:diari[oa]s?|semanal(?:es)?|mensual(?:es)?)\b|\b(?:cantidad|n[uú]mero) de mensajes (?:\w+ )?(?:var[ií]a\w*|variar)\b",
        Element.RATES: r"\btarifas?\b[^.!?]{0,40}(?<!\bno )(?<!\bno se )\baplica\w*|(?<!\bno se )(?<!\bno )\b(?:pueden? )?aplica\w*"
        r"[^.!?]{0,40}\b(?:tarifas?|cargos?)\b",
        Element.STOP: r"(?<!-)\b(?:STOP|ALTO|BAJA|CANCELAR|PARAR)\b|\bdarse de baja\b",
        Element.HELP: r"\b(?:HELP|AYUDA|INFO)\b",
        Element.CONDITION: r"\bno (?:es|ser[aá]|constituye)\b[^.!?]{0,30}\b(?:condici[oó]n|requisito|obligatori\w+|necesari\w+)\b"
        r"[^.!?]{0,40}\b(?:compra\w*|adquirir|servicios?)\b|\bsin (?:que sea )?(?:obligaci[oó]n|condici[oó]n) de compra\b"
        r"|\bcomprar\b[^.!?]{0,30}\bsin (?:\w+ ){0,2}(?:consentimiento|aceptar|autorizar|consentir)\b"
        r"|\bno (?:se )?(?:requiere|necesita|exige)\b[^.!?]{0,40}\bcompra\w*",
    },
    "fr": {
        Element.PURPOSE: r"\b(?:marketing|promotionnel(?:le)?s?|promotions?|promos?|publicitaires?|publicit[eé]|offres?|rabais|"
        r"soldes|nouveaut[eé]s|nouvelles|infolettres?|mises [aà] jour|alertes?|rappels?|avis|notifications?|sondages?)\b",
        Element.NUMBER: r"\bnum[eé]ro (?:de )?(?:t[eé]l[eé]phone|cellulaire|mobile|portable)\b|\bau num[eé]ro\b|\bnum[eé]ro "
        r"(?:fourni|indiqu[eé]|donn[eé])\b",
        Element.AUTOMATED: r"\bautomatis[eé]\w*\b|\bautomatique\w*\b|\bcomposeur\b",
        Element.FREQUENCY: r"\bfr[eé]quence\b|\br[eé]currents?\b|\b(?:jusqu['’][aà] |environ )?(?:\d+|un|deux|trois|quatre|cinq|six|dix) "
        r"(?:messages?|msgs?|textos?|sms|alertes?)(?: ?/ ?| (?:par|chaque) )(?:mois|semaine|jour|an)\b|\bun seul message\b"
        r"|\b(?:quotidien(?:ne)?|hebdomadaire|mensuel(?:le)?)s?\b|\bnombre de (?:messages|textos) (?:\w+ )?vari\w+",
        Element.RATES: r"(?<!\baucun )(?<!\baucuns )\b(?:frais|tarifs?)\b[^.!?]{0,50}(?<!\bne s['’])(?<!\bne )\b(?:appliqu|applicab)\w+|\b(?:s['’]appliqu\w+|appliqu\w+)\b"
        r"[^.!?]{0,30}\b(?:frais|tarifs?)\b",
        Element.STOP: r"(?<!-)\b(?:STOP|ARR[EÊ]T|ARRETER|D[EÉ]SABONNER)\b|\bse d[eé]sabonner\b",
        Element.HELP: r"\b(?:HELP|AIDE|INFO)\b",
        Element.CONDITION: r"\b(?:n['’]est|n['’]es|ne constitue|n['’]est en) (?:pas|aucun\w*)\b[^.!?]{0,30}\b(?:condition|obligatoire|"
        r"n[eé]cessaire|requis\w*)\b[^.!?]{0,40}\bach\w+|\bsans obligation d['’]achat\b|\bachet\w+[^.!?]{0,30}\bsans (?:\w+ )?(?:consent\w+|accepter)\b",
    },
}
# Words in capitals are what one types: STOP the keyword, not stop the verb.
_AS_WRITTEN = frozenset({Element.STOP, Element.HELP})
LANGUAGES = tuple(_WRITTEN)


@cache
def written(element: Element, language: str) -> re.Pattern[str] | None:
    """How the element is written in a language; None where it is no phrase (the seller's name)."""
    found = _WRITTEN[language].get(element)
    if found is None:
        return None
    return re.compile(found, 0 if element in _AS_WRITTEN else re.IGNORECASE)
