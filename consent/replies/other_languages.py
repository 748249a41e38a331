"""A few sure phrases in German, Portuguese and Italian. What they miss a person sees only if an opt-out word occurs."""

from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

REVOKE = phrases(
    """
    keine|nie|nicht [diese|weiteren|mehr|wieder] sms|nachrichten|nachricht|werbung|texte [mehr] !bekommen|erhalten
    keine|nicht mehr sms|nachrichten|schreiben|texten|kontaktieren
    horen|hor|horet sie|auf|doch [auf|damit] [mir|mich|zu|auf|damit] [mir|mich|sms|nachrichten|zu] [zu] [schreiben|schicken|senden|texten|kontaktieren|belastigen]
    schreiben|schicken|senden|kontaktieren|schreib|schick sie|mir|mich|keine [mir|mich|keine|nicht|nichts] [mehr|sms|nicht|keine|nachrichten] mehr|sms|nachrichten
    abmelden|abbestellen|austragen
    loschen|streichen|entfernen|nehmen sie|mich|meine ~2 nummer|liste|verteiler
    lassen|lass sie|mich [mich] in ruhe
    pare|parem|para|parar|deixe|deixem|chega de|com [me] [mandar|enviar|essas|tantas] [mensagens|mensagem|sms] mandar|enviar|mensagens|mensagem|sms|escrever|ligar|incomodar|perturbar|$
    nao me escreva|escrevam|perturbe|perturbem|incomode|incomodem|contate|contatem
    nao [me] mande|mandem|manda|envie|enviem|mandar|enviar [mais] mais|nada|mensagens|mensagem|sms|isso|$
    me deixa|deixe|deixem em paz
    nao quero|desejo mais|receber|suas|essas|nenhuma [receber|mais|suas|essas] [mais] [mensagens|mensagem|sms|isso|nada]
    nao quero|desejo mais [receber] [suas] mensagens|mensagem|sms
    descadastr*|desinscrev*
    cancelar|cancele|cancelem [a|minha|as|o] inscricao|assinatura|mensagens|sms|envio
    tire|tira|remova|retire|remover|exclua|apague me|meu|o_meu|este|esse [numero|nome|contato] [da|de] [lista|numero|sua|vossa]
    me tira|tire|remove|exclui|retira|descadastre d*
    smett* [di] ~1 scriv*|mand*|inviar*|messaggi|contatt*|disturb*
    basta [con|coi|i] [i|questi|gli] messaggi|sms|messaggio
    non voglio|desidero [piu] [ricevere|i|vostri] [piu|i|vostri|altri] [messaggi|sms|vostri|niente]
    non mi|mandate|inviate|scrivete|contattate [mandate|scrivete|contattate|inviate|disturbate|piu|mandare] [piu|messaggi|sms]
    cancellami|cancellatemi|disiscriv*|rimuovetemi|rimuovimi|toglietemi|toglimi
    lasciatemi|lasciami in pace
    """
)

WRONG_NUMBER = phrases(
    """
    falsche nummer|person
    numero|pessoa errado|errada
    numero sbagliato
    ha|hai|avete sbagliato numero|persona
    """
)
