"""The language a reply is probably written in: enough to sort replies by, never a ground for reading one."""

from __future__ import annotations

from consent.replies.normalise import fold, visible

# ruff: noqa: E501 - a table of words reads best as words

# Everyday words and the keywords of each language; the most hits decide.
_TELLING = {
    "en": "the you your please stop i im me my this that text texting texts message not dont to and is are off list remove want no yes thanks who with for of it quit cancel unsubscribe end opt help start what when how",
    "es": "no me se te la un una y interesa interesado gracias quieren si que soy mas el los las usted ustedes porfavor por favor alto mi mensaje mensajes quiero mas ya que para con del gracias hola numero lista cancelar baja dejen no_mas envien manden ayuda quien como recibir si esta",
    "fr": "le vous votre vos svp arret arretez je ne pas plus et les des pour avec merci bonjour numero liste message messages recevoir textos oui non qui est suis moi envoyer envoyez aide stop_sms desabonner",
}
_WORDS = {language: frozenset(words.split()) for language, words in _TELLING.items()}


def language(text: str) -> str:
    """en, es, fr, "other" for another script or no word that is known; empty without any word."""
    words = fold(visible(text)[0]).words
    letters = [word for word in words if not word.isdigit()]
    if not letters:
        return ""
    hits = {name: sum(word in known for word in letters) for name, known in _WORDS.items()}
    best = max(hits, key=lambda name: hits[name])
    return best if hits[best] else "other"
