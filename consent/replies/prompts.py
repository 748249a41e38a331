"""What our last message asked: only an answer to a question about texting turns YES into consent, or NO into its end."""

from dataclasses import dataclass

from consent.replies.normalise import fold, visible
from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

_VOCABULARY = {
    "answer": "reply text send respond answer txt say type responda responde conteste contesta repondez envoyez envie",
    "subscription": "subscribe subscribed subscription subscribing join opt_in opting_in sign_up receive receiving get"
    " getting start alerts texts offers deals updates newsletter sms messages enroll weekly monthly program list"
    " suscribirse suscribirte recibir suscripcion abonner recevoir abonnement inscription",
    "keyword": "stop end quit cancel unsubscribe help info ayuda aide arret alto baja",
    "to": "to 2 for 4 para pour at au",
    "ending": "stop end quit unsubscribe optout opt_out unsub leave be_removed cancelar salir parar no_recibir"
    " dejar_de arreter ne_plus_recevoir desabonner vous_desabonner",
}

_ANSWER = frozenset((*_VOCABULARY["answer"].split(), "with", "con", "par"))

_ASKS_YES = phrases(
    """
    {answer} [with|the|con|par] [word] yes|y|si|oui|ok|agree|confirm|start|join
    yes|y|si|oui to|pour|para
    """,
    _VOCABULARY,
)
_ABOUT_TEXTING = phrases("{subscription}", _VOCABULARY)
_SURELY_ABOUT_TEXTING = phrases("subscri*|opt_in|sign_up|suscri*|abonne*")
_OFFERS_TEXTING = phrases(
    """
    like|want|interested|may|can|agree|consent|okay [you|we] [to|in|if|us] [to] [be|start|continue|keep] receive|receiving|get|getting|subscribe|join|text|sign_up|opt_in|send|hear
    like|want|may|can|still ~3 text|texts|messages|alerts
    """
)
_ASKS_TO_GO_ON = phrases(
    """
    stop ~2 receiving|getting|hearing|texting|texts|messages
    still|continue|keep|remain|stay ~2 receive|receiving|getting|get|subscribed|texts|messages|texting|hearing|hear|on_our_list
    want|like|wish ~2 receive|get|hear|subscribe|texts|messages|alerts
    seguir|sigue|continuar recibiendo|recibir|suscrito
    continuer|toujours ~2 recevoir|abonne*
    """
)
_ABOUT_SOMETHING_ELSE = phrases(
    "appointment|appt|appts|reservation|booking|order|delivery|visit|meeting|rsvp|table|pickup|payment|refill|prescription"
    "|coming|attend|attending|tomorrow|on_for|pm|am|interview|shift|class|cita|reserva|pedido|rdv|rendez_vous|commande"
)
_ENDS_IT = phrases("^ {to} [get] {ending}", _VOCABULARY)
_CANCELS = phrases("^ {to} cancel", _VOCABULARY)
# How a message tells about STOP and HELP.
FOOTER = phrases(
    """
    [{answer}] [with] {keyword} [1*|2*|3*|4*|5*|6*|7*|8*|9*] {to} ~3
    {to} ~3 {answer} {keyword}
    """,
    _VOCABULARY,
)


# The same, copied into a reply without quotation marks.
COPIED = phrases(
    """
    ^ [or|and|to_opt_out] {answer} [with] {keyword} to|for|at|para|pour ~4
    ^ {keyword} to opt_out|end|unsubscribe|cancel|stop|quit
    """,
    _VOCABULARY,
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Our last message to this number, as far as an answer to it depends on it.

    `question` is it without the instructions about STOP and HELP; both are empty if it is not known. `asks` is whether
    it has a question mark.
    """

    text: str
    question: str
    asks: bool

    @classmethod
    def of(cls, outbound: str) -> "Prompt":
        if not outbound.strip():
            return cls("", "", False)
        text = fold(visible(outbound)[0]).loose
        return cls(text, FOOTER.blank(text), "?" in outbound)

    @property
    def known(self) -> bool:
        return bool(self.text)

    def asks_to_opt_in(self) -> bool:
        """Whether YES to it agrees to be texted."""
        if _ABOUT_SOMETHING_ELSE.find(self.question) and not _SURELY_ABOUT_TEXTING.find(self.question):
            return False
        if _OFFERS_TEXTING.find(self.question):
            return True
        return bool(_ASKS_YES.find(self.question) and _ABOUT_TEXTING.find(self.question))

    def asks_to_go_on(self) -> bool:
        """Whether NO to it asks us to text no more."""
        return _ASKS_TO_GO_ON.find(self.text) is not None

    def offers_to_stop_with(self, word: str) -> bool:
        """Whether it said that this word, whatever it is, ends the messages: "reply 9 to opt out".

        What cancels ends the messages only where there is no appointment to cancel.
        """
        words = self.text.split()
        after = [" . " + " ".join(words[i + 1 : i + 6]) for i, found in enumerate(words) if found == word]
        if any(map(_ENDS_IT.find, after)):
            return True
        return any(map(_CANCELS.find, after)) and not _ABOUT_SOMETHING_ELSE.find(self.question)

    def offers(self, word: str) -> bool:
        """Whether it asked to be answered with this word, or with yes to texts."""
        words = self.question.split()
        asked = any(found == word and words[i - 1] in _ANSWER for i, found in enumerate(words))
        return asked or self.asks_to_opt_in()

    def asks_with(self, word: str) -> bool:
        """Whether a question other than whether to go on has the word in it, as "Which stop is yours?" does."""
        return self.uses(word) and not self.asks_to_go_on()

    def asks_something_else(self) -> bool:
        """Whether it asked a question that is not about texting."""
        return self.asks and not self.asks_to_go_on() and not self.asks_to_opt_in()

    def uses(self, word: str) -> bool:
        """Whether the word stands in its question rather than in the footer ("HELP for help, STOP to end")."""
        return word in self.question.split()
