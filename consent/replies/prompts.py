"""What our last message asked: only an answer to a question about texting turns YES into consent, or NO into its end."""

from consent.replies.normalise import Folded, fold
from consent.replies.pattern import phrases

_VOCABULARY = {
    "answer": "reply text send respond answer txt say type responda responde conteste contesta repondez envoyez envie",
    "subscription": "subscribe subscribed subscription subscribing join opt_in opting_in sign_up receive receiving get"
    " getting start alerts texts offers deals updates newsletter sms messages enroll weekly monthly program list"
    " suscribirse suscribirte recibir suscripcion abonner recevoir abonnement inscription",
}

_ASKS_YES = phrases(
    "{answer} [with|the|con|par] [word] yes|y|si|oui|ok|agree|confirm|1|start|join ~2\n yes|y|si|oui to|pour|para ~1",
    _VOCABULARY,
)
_ABOUT_TEXTING = phrases("{subscription}", _VOCABULARY)
_OFFERS_TEXTING = phrases(
    """
    like|want|interested|may|can|agree|consent|ok|okay [you|we] [to|in|if|us] [to] [be|start|continue|keep] receive|receiving|get|getting|subscribe|join|text|sign_up|opt_in|send|hear
    like|want|may|can|still ~3 text|texts|messages|alerts
    """
)
_ASKS_TO_GO_ON = phrases(
    """
    still|continue|keep|remain|stay|stop ~2 receive|receiving|getting|get|subscribed|texts|messages|texting|hearing|want_to_hear|on_our_list
    want|like|wish ~2 receive|get|hear|subscribe|texts|messages|alerts
    """
)
_ABOUT_SOMETHING_ELSE = phrases(
    "appointment|appt|appts|reservation|booking|order|delivery|visit|meeting|rsvp|table|pickup|payment|refill|prescription"
    "|coming|attend|attending|tomorrow|on_for|pm|am|interview|shift|class|cita|reserva|pedido|rdv|rendez_vous|commande"
)

_TO_STOP = {"stop", "end", "quit", "cancel", "unsubscribe", "optout", "unsub", "leave"}


class Prompt:
    """Our last message to this number, as far as an answer to it depends on it. Empty if it is not known."""

    def __init__(self, outbound: str) -> None:
        self._folded = fold(outbound) if outbound.strip() else None

    @property
    def known(self) -> bool:
        return self._folded is not None

    def asks_to_opt_in(self) -> bool:
        """Whether YES to it agrees to be texted."""
        if self._folded is None:
            return False
        text = _without_opt_out(self._folded)
        if _ABOUT_SOMETHING_ELSE.find(text) and not phrases("subscri*|opt_in|sign_up|suscri*|abonne*").find(
            text
        ):
            return False
        return bool((_ASKS_YES.find(text) and _ABOUT_TEXTING.find(text)) or _OFFERS_TEXTING.find(text))

    def asks_to_go_on(self) -> bool:
        """Whether NO to it asks us to text no more."""
        return self._folded is not None and bool(_ASKS_TO_GO_ON.find(self._folded.loose))

    def offers_to_stop_with(self, word: str) -> bool:
        """Whether it said that this word, whatever it is, ends the messages: "reply 9 to opt out"."""
        if self._folded is None or not word:
            return False
        words = self._folded.loose.split()
        return any(
            found == word
            and words[i + 1 : i + 2] in (["to"], ["2"], ["for"], ["para"], ["pour"])
            and (
                set(words[i + 2 : i + 4]) & _TO_STOP
                or words[i + 2 : i + 4] in (["opt", "out"], ["be", "removed"])
            )
            for i, found in enumerate(words)
        )

    def uses(self, word: str) -> bool:
        """Whether the word stands in its question rather than in the footer ("HELP for help, STOP to end")."""
        return self._folded is not None and word in _without_opt_out(self._folded).split()


def _without_opt_out(folded: Folded) -> str:
    """The message without its instructions about STOP and HELP."""
    return _FOOTER.blank(folded.loose)


_FOOTER = phrases(
    """
    [or|and] [reply|text|send|txt|respond|responda|repondez] [with] stop|end|quit|cancel|unsubscribe|help|info|ayuda|aide|arret|alto|baja to|2|for|4|para|pour|at|au|= ~3
    to|para|pour ~3 reply|text|send|txt|responda|repondez stop|end|quit|cancel|unsubscribe|help|info|ayuda|aide|arret|alto|baja
    """
)
