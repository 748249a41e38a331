"""The texts that ship: calm, plain, one thing each. Supervisors adapt them per program."""

from __future__ import annotations

import string
from collections.abc import Mapping

from consent.notices.situations import Situation

FIELDS = frozenset({"program", "brand", "sender"})

_S = Situation
# None uses a letter that would double the price of the text: all are GSM-7.
READY_MADE: dict[tuple[Situation, str], str] = {
    (
        _S.PENDING,
        "en",
    ): "{program}: You asked for our texts. To confirm, reply YES. If it was not you, do nothing and "
    "no texts will come. Reply STOP to opt out.",
    (
        _S.PENDING,
        "es",
    ): "{program}: Usted pidió nuestros mensajes. Para confirmar, responda YES. Si no fue usted, no haga "
    "nada y no le escribiremos. Responda STOP para no recibir nada.",
    (
        _S.PENDING,
        "fr",
    ): "{program}: Vous avez demandé nos textos. Pour confirmer, répondez YES. Sinon, ne faites rien et "
    "vous ne recevrez rien. Répondez STOP pour refuser.",
    (
        _S.EXPIRED,
        "en",
    ): "{program}: Your sign-up for our texts has run out. To go on, reply YES. Without an answer no "
    "more will come. Reply STOP to opt out.",
    (
        _S.EXPIRED,
        "es",
    ): "{program}: Su permiso para recibir nuestros mensajes terminó. Para seguir, responda YES. Sin "
    "respuesta no le escribiremos. Responda STOP para salir.",
    (
        _S.EXPIRED,
        "fr",
    ): "{program}: Votre accord pour nos textos a pris fin. Pour continuer, répondez YES. Sans réponse, "
    "vous ne recevrez plus rien. Répondez STOP pour refuser.",
    (
        _S.PRESUMED,
        "en",
    ): "{program}: We took your message as a wish to stop. No more texts will come. If you want them "
    "after all, text START. STOP keeps them off.",
    (
        _S.PRESUMED,
        "es",
    ): "{program}: Entendimos que no desea más mensajes. No recibirá más. Si aún los quiere, envíe START. "
    "Con STOP no recibe nada.",
    (
        _S.PRESUMED,
        "fr",
    ): "{program}: Nous avons compris que vous ne voulez plus de textos. Vous n'en recevrez plus. Si vous "
    "les voulez, envoyez START. Avec STOP, rien ne vient.",
    (
        _S.WRONG_NUMBER,
        "en",
    ): "{program}: The mobile number we had for you seems to be somebody else's. We no longer text "
    "it. To get our texts, sign up with your own number. To get none, reply STOP or do nothing.",
    (
        _S.WRONG_NUMBER,
        "es",
    ): "{program}: El número que teníamos de usted parece ser de otra persona. Ya no le escribimos. Si "
    "desea los mensajes, regístrese con su propio número. Si no, responda STOP o no haga nada.",
    (
        _S.WRONG_NUMBER,
        "fr",
    ): "{program}: Le numéro que nous avions pour vous semble appartenir à une autre personne. Nous n'y "
    "écrivons plus. Pour nos textos, inscrivez votre propre numéro. Sinon, répondez STOP ou ne faites rien.",
    (
        _S.START_HOW,
        "en",
    ): "{program}: You asked us to stop, and we did. If you want our texts again, text START to {sender} "
    "from your own phone. You can stop them at any time with STOP.",
    (
        _S.START_HOW,
        "es",
    ): "{program}: Usted nos pidió parar y lo hicimos. Si quiere los mensajes otra vez, envíe START al "
    "{sender} desde su teléfono. Puede pararlos cuando quiera con STOP.",
    (
        _S.START_HOW,
        "fr",
    ): "{program}: Vous nous avez demandé d'arrêter et nous l'avons fait. Pour recevoir nos textos à "
    "nouveau, envoyez START au {sender} depuis votre téléphone. STOP les arrête en tout temps.",
    (
        _S.STOP_CONFIRMED,
        "en",
    ): "{program}: You are opted out and will get no more texts from us. To get them again, text START.",
    (
        _S.STOP_CONFIRMED,
        "es",
    ): "{program}: Ya no recibirá nuestros mensajes. Para recibirlos otra vez, envíe START.",
    (
        _S.STOP_CONFIRMED,
        "fr",
    ): "{program}: Vous ne recevrez plus nos textos. Pour les recevoir à nouveau, envoyez START.",
    (
        _S.START_CONFIRMED,
        "en",
    ): "{program}: You will get our texts again. Msg frequency varies. Msg & data rates may apply. "
    "Reply HELP for help, STOP to opt out.",
    (
        _S.START_CONFIRMED,
        "es",
    ): "{program}: Recibirá nuestros mensajes otra vez. La frecuencia varía. Pueden aplicar tarifas. "
    "Responda HELP para ayuda, STOP para salir.",
    (
        _S.START_CONFIRMED,
        "fr",
    ): "{program}: Vous recevrez nos textos à nouveau. Fréquence variable. Des frais peuvent "
    "s'appliquer. Répondez HELP pour de l'aide, STOP pour arrêter.",
}


def filled(text: str, given: Mapping[str, str]) -> str:
    """The text with its fields filled in. Raises ValueError for a field that no text has, or a brace left open."""
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as problem:
        raise ValueError(f"A brace is left open or closed by itself: {problem}") from problem
    if unknown := sorted(fields - FIELDS):
        raise ValueError(
            f"There is no field {{{unknown[0]}}}; there are {', '.join(f'{{{f}}}' for f in sorted(FIELDS))}."
        )
    for name in fields:
        text = text.replace(f"{{{name}}}", given.get(name, ""))
    return text
