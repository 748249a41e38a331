"""Is this text the one that confirms an opt-out, and does it sell anything beside? English, Spanish and French.

After a STOP one message may still go out: it says that the request was followed, and nothing else (47 CFR
64.1200(a)(12)). A footer such as "Reply STOP to unsubscribe" tells how to opt out; it confirms nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Confirmation(NamedTuple):
    confirms: bool
    sells: bool  # it names something to buy, or tries to hold the person


def judge(text: str) -> Confirmation:
    """Only what confirms can break the rule of the confirmation by selling; any other text is simply a message."""
    plain = _plain(text)
    confirms = _CONFIRMS.search(plain) is not None
    # A program's own name may sound like an offer: "You are unsubscribed from Acme Deals."
    sells = confirms and _SELLS.search(_NAMED.sub(" ", plain)) is not None
    return Confirmation(confirms, sells)


def _plain(text: str) -> str:
    """Lower case, without accents, straight quotes, single spaces."""
    spread = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    return " ".join("".join(sign for sign in spread if not unicodedata.combining(sign)).split())


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_CONFIRMS = _any(
    # English
    r"\byou(?:'ve| have| are|'re| were)?(?: now| successfully| been| all)*"
    r" (?:unsubscribed|opted[ -]out|removed|stopped)\b",
    r"^(?:[\w&.' -]{1,40}[:!] ?)?(?:successfully )?(?:unsubscribed|opted[ -]out)\b",
    r"\b(?:number|phone) (?:has been|is|was)(?: now| successfully)* (?:unsubscribed|opted[ -]out|removed)\b",
    r"\byou(?:'ll| will)? no longer(?: be)? (?:receive|get|receiving|getting|sent)\b(?! .*\bunless\b)",
    r"\byou(?:'ll| will)? (?:not|never)(?: be)? (?:receive|get|sent)(?: any)? "
    r"(?:more|further|texts|messages|alerts|sms)\b(?! .*\bunless\b)",
    r"\byou won't (?:receive|get|be sent)(?: any)? (?:more|further|texts|messages|alerts|sms)\b",
    r"\byou (?:won't|will not|will never) hear from us\b",
    r"\bno (?:more|further) (?:messages|texts|sms|alerts) will be sent\b",
    r"\b(?:opt[ -]?out|stop|unsubscribe|unsubscription)(?: request)? (?:is |was |has been )?"
    r"(?:confirmed|received|processed|complete[d]?)\b",
    # Spanish
    r"\b(?:ha|has|hemos|se ha|te has|te hemos|le hemos|fue|fuiste|esta|estas)(?: sido)? dad[oa] de baja\b",
    r"\b(?:ya )?no (?:volvera[s]? a recibir|recibira[sn]?)\b",
    r"\b(?:baja|suscripcion|cancelacion) (?:ha sido |fue |esta )?"
    r"(?:confirmada|procesada|cancelada|recibida|realizada)\b",
    # French
    r"\bvous (?:etes|avez ete)(?: maintenant| bien| desormais)* "
    r"(?:desabonnee?|desinscrite?|desinscrit\(e\)|retiree?)\b",
    r"\bvous ne recevrez plus\b",
    r"\b(?:desinscription|desabonnement|demande)(?: a(?: bien)? ete| est)?(?: bien)? "
    r"(?:confirmee?|pris en compte|prise en compte|effectuee?|enregistree?)\b",
)

_NAMED = re.compile(
    r"\b(?:from|receive|get|to|of|about|de|des|du|a|aux|recevrez plus|recibira[sn]?(?: mas)?)"
    r"(?: (?!http)[\w&'.-]+){0,4} (?:deals|offers|promotions|promos|sales|savings|ofertas|promociones|offres)\b"
)

_SELLS = _any(
    r"\d ?%",
    r"[$€£] ?\d|\d ?[$€£]|\d ?(?:usd|eur|dollars|euros)\b",
    # English
    r"\b(?:discounts?|coupons?|promo codes?|vouchers?|sale|deals?|offers?|rewards?|giveaway|clearance)\b",
    r"\b(?:shop|buy|order|save|visit us|book) (?:now|today|again|online|big|on|at|our|the)\b",
    r"\bfree (?:shipping|gift|delivery|trial|item)\b|\bnew arrivals\b|\blimited[ -]time\b|\blast chance\b",
    r"\bbefore you go\b|\bcome back\b|\b(?:we )?miss you\b|\bexclusive\b|\bdon't go\b",
    # Spanish
    r"\b(?:ofertas?|descuentos?|rebajas?|promocion(?:es)?|cupon(?:es)?|gratis|sorteo)\b",
    r"\b(?:compra|compre|ahorra|ahorre|aprovecha|aproveche) \w+|\bantes de irte\b|\bte extranamos\b|\bvuelve\b",
    # French
    r"\b(?:offres?|remises?|rabais|soldes|promotions?|codes? promo|reductions?|gratuite?s?|cadeaux?)\b",
    r"\b(?:achetez|profitez|economisez|commandez|decouvrez)\b|\bavant de partir\b|\brevenez\b|\bvous nous manquez\b",
)
