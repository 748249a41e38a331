"""The texts that ship: calm, plain, one thing each. Supervisors adapt them per program."""

from __future__ import annotations

import re
from collections.abc import Mapping

from consent.notices.situations import Situation

FIELDS = frozenset({"program", "brand", "sender"})
_FIELD = re.compile(r"\{(\w+)\}")

# No text uses a letter that would double its price: all are GSM-7, as they stand on the phone.
_TEXTS: dict[Situation, dict[str, str]] = {
    Situation.PENDING: {
        "en": "{program}: You asked for our texts. To confirm, reply YES. If it was not you, do nothing"
        " and no texts will come. Reply STOP to opt out.",
        "es": "{program}: Recibimos su solicitud de mensajes. Para confirmar, responda YES. Si no fue "
        "usted, no haga nada y no le escribimos. Responda STOP para no recibir nada.",
        "fr": "{program}: Vous avez demandé nos textos. Pour confirmer, répondez YES. Sinon, ne faites "
        "rien et vous n'aurez rien. Répondez STOP pour refuser.",
    },
    Situation.EXPIRED: {
        "en": "{program}: Your sign-up for our texts has run out. To go on, reply YES. Without an "
        "answer no more will come. Reply STOP to opt out.",
        "es": "{program}: Su permiso para nuestros mensajes ha terminado. Para seguir, responda YES. "
        "Sin respuesta no le escribimos. Responda STOP para salir.",
        "fr": "{program}: Votre accord pour nos textos a pris fin. Pour continuer, répondez YES. Sans "
        "réponse, vous n'aurez plus rien. Répondez STOP pour refuser.",
    },
    Situation.PRESUMED: {
        "en": "{program}: We took your message as a wish to stop. No more texts will come. If you want "
        "them after all, text START. STOP keeps them off.",
        "es": "{program}: Entendimos que no desea mensajes. Ya no le escribimos. Si los quiere, mande "
        "START. Con STOP no recibe nada.",
        "fr": "{program}: Nous avons compris que vous ne voulez plus de textos. Vous n'en aurez plus. "
        "Si vous les voulez, envoyez START. Avec STOP, rien ne vient.",
    },
    Situation.WRONG_NUMBER: {
        "en": "{program}: The mobile number we had for you seems to be somebody else's. We no longer "
        "text it. To get our texts, sign up with your own number. To get none, do nothing.",
        "es": "{program}: El celular que tenemos de usted parece ser de otra persona. Ya no le "
        "escribimos. Si desea los mensajes, use su propio celular. Si no, no haga nada.",
        "fr": "{program}: Le numéro que nous avions pour vous semble appartenir à une autre personne. "
        "Nous n'y écrivons plus. Pour nos textos, inscrivez votre propre numéro. Sinon, ne faites "
        "rien.",
    },
    Situation.START_HOW: {
        "en": "{program}: You asked us to stop, and we did. If you want our texts again, text START to "
        "{sender} from your own phone. You can stop them at any time with STOP.",
        "es": "{program}: Usted nos dijo STOP y ya no le escribimos. Si quiere los mensajes otra vez, "
        "mande START al {sender} desde su celular. Puede pararlos cuando quiera con STOP.",
        "fr": "{program}: Vous nous avez dit STOP et nous n'écrivons plus. Pour avoir nos textos à "
        "nouveau, envoyez START au {sender} depuis votre téléphone. STOP y met fin quand vous "
        "voulez.",
    },
    Situation.STOP_CONFIRMED: {
        "en": "{program}: You are opted out and will get no more texts from us. To get them again, text"
        " START.",
        "es": "{program}: Ya no le mandamos mensajes. Para recibirlos otra vez, mande START.",
        "fr": "{program}: Vous n'aurez plus de textos de nous. Pour les avoir à nouveau, envoyez START.",
    },
    Situation.START_CONFIRMED: {
        "en": "{program}: You will get our texts again. Msg frequency varies. Msg & data rates may "
        "apply. Reply HELP for help, STOP to opt out.",
        "es": "{program}: Le mandamos mensajes otra vez. Frecuencia variable. Pueden aplicar tarifas. "
        "Responda HELP para ayuda, STOP para salir.",
        "fr": "{program}: Vous aurez nos textos à nouveau. Fréquence variable. Des frais peuvent "
        "s'appliquer. Répondez HELP pour de l'aide, STOP pour y mettre fin.",
    },
}
READY_MADE = {
    (situation, language): text for situation, texts in _TEXTS.items() for language, text in texts.items()
}


def filled(text: str, given: Mapping[str, str]) -> str:
    """The text with its fields filled in. Raises ValueError for a field that no text has, or a brace left open."""
    unknown = sorted(set(_FIELD.findall(text)) - FIELDS)
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sorted(FIELDS))
        raise ValueError(f"There is no field {{{unknown[0]}}}; there are {known}.")
    if set("{}") & set(_FIELD.sub("", text)):
        raise ValueError("A brace is left open or stands alone; fields are written like {program}.")
    return _FIELD.sub(lambda field: given.get(field.group(1), ""), text)
