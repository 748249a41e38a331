"""What a person typed themselves: reactions, quoted messages, signatures and links are somebody else's words.

A phone that cannot show a reaction sends a text such as `Liked “… Reply STOP to opt out”`; mail programs quote the
message they answer. Neither is a request.
"""

# ruff: noqa: E501 - tables of words and patterns are kept as they read

import re

_OPENING = '[“"«„”]'

# What phones write before the quoted message, in the languages of our recipients.
_REACTION = re.compile(
    rf"""^\W*(?:
        (?:liked|loved|disliked|laughed\ at|emphasi[sz]ed|questioned|reacted\ (?:with\ )?\S{{1,12}}\ to
          |reacted\ to|removed\ an?\ [\w ]{{3,24}}\ from)
      | (?:(?:a\ \S{{1,40}}\ )?(?:no\ )?le\ (?:gust[óo]|encant[óo]|dio\ risa|result[óo]\ gracioso)|se\ ri[óo]\ de|enfatiz[óo]|destac[óo]
          |cuestion[óo]|pregunt[óo]\ (?:por|sobre)|reaccion[óo]\ (?:con\ \S{{1,12}}\ )?a|elimin[óo]\ [\w ]{{3,30}}\ de
          |le\ ha\ gustado|ha\ reaccionado\ (?:con\ \S{{1,12}}\ )?a)
      | (?:(?:a|as|ont?)\ (?:bien\ )?(?:aim[ée]|ador[ée]|ri\ (?:de|à|a)|insist[ée]\ sur|soulign[ée]|mis\ en\ évidence
          |pos[ée]\ une\ question\ sur|interrog[ée]|réagi\ (?:avec\ \S{{1,12}}\ )?(?:à|a|au))|n['’]a\ pas\ aim[ée]
          |a\ supprimé\ [\w' ]{{3,30}}\ (?:de|du))
      | (?:gostou\ de|amou|não\ gostou\ de|riu\ de|enfatizou|questionou|reagiu\ (?:com\ \S{{1,12}}\ )?a)
      | (?:gefällt|liebt|lacht\ über|betont|hinterfragt|hat\ (?:mit\ )?\S{{1,12}}\ (?:auf\ )?|reagierte\ mit\ \S{{1,12}}\ auf)
      | (?:ha\ messo\ (?:un\ )?(?:like|mi\ piace)\ a|ha\ adorato|ha\ riso\ (?:di|a)|ha\ enfatizzato
          |ha\ reagito\ (?:con\ \S{{1,12}}\ )?a)
      | [^\w\s“"«„]{{1,12}}\s{{1,3}}(?:to|a|à|sur|zu|para)
    )\s*(?:el\ mensaje\s*|le\ message\s*|the\ message\s*|:\s*)?{_OPENING}""",
    re.IGNORECASE | re.VERBOSE,
)
_REACTION_TO_PICTURE = re.compile(
    r"^\W*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S{1,12} to|le gust[óo]|le encant[óo]"
    r"|a aim[ée]|a ador[ée]) (?:an?|the|un|una|une) (?:image|photo|picture|video|movie|gif|sticker|attachment|message"
    r"|audio message|file|imagen|foto|vídeo|archivo|vidéo|fichier)\W*$",
    re.IGNORECASE,
)
_CLOSING = re.compile('[”"»“]')

_QUOTE_STARTS = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|mensaje original|message d'origine|message original)\b"
    r"|_{8,}\s*$"
    r"|on\b.{4,200}\bwrote:\s*$|le\b.{4,200}\ba écrit\s*:\s*$|el\b.{4,200}\bescribió:\s*$|am\b.{4,200}\bschrieb\b.{0,80}:\s*$)",
    re.IGNORECASE,
)
_SIGNATURE_LINE = re.compile(
    r"^\s*(?:sent (?:from|via|using|with) |get outlook for |envoyé (?:de|depuis|à partir) |enviado desde |enviado do meu "
    r"|von meinem |inviato da )",
    re.IGNORECASE,
)
_DOMAINS = (".com", ".net", ".org", ".edu", ".gov", ".io", ".ly", ".biz", ".us", ".ca", ".mx", ".fr", ".es")


def own_words(text: str) -> str:
    """The part of a reply that the person typed, in its own lines; empty if all of it is quoted, linked or reacted to."""
    if _REACTION_TO_PICTURE.match(text):
        return ""
    if reaction := _REACTION.match(text):
        text = _after_quote(text[reaction.end() :])
    kept = _typed_lines(text.split("\n"))
    return "\n".join(_without_links(line) for line in kept).strip()


def _after_quote(text: str) -> str:
    """What follows the last closing quotation mark; a quote cut short by the phone goes on to the end."""
    closing = [mark.end() for mark in _CLOSING.finditer(text)]
    return text[closing[-1] :] if closing else ""


def _typed_lines(lines: list[str]) -> list[str]:
    typed: list[str] = []
    quoted: list[str] = []
    for number, line in enumerate(lines):
        if line.strip() in ("--", "—") and _has_words(typed):
            break
        if _QUOTE_STARTS.match(line):
            below = [line for line in lines[number + 1 :] if line.strip()]
            if below and below[0].lstrip().startswith(">"):
                continue  # a marked quote; what is typed below it counts
            return typed if _has_words(typed) else _short(below[-1:])
        if line.lstrip().startswith(">"):
            quoted.append(line.strip(" >"))
        elif not _SIGNATURE_LINE.match(line):
            typed.append(line)
    # ">STOP" and nothing else is an odd way to write STOP, not an answer to it.
    return typed if any(line.strip() for line in typed) else _short([line for line in quoted if line])


def _has_words(lines: list[str]) -> bool:
    return any(character.isalnum() for line in lines for character in line)


def _short(lines: list[str]) -> list[str]:
    """One line of one or two words: short enough to be a keyword rather than our own message quoted."""
    return lines if len(lines) == 1 and len(lines[0].split()) <= 2 else []


def _without_links(line: str) -> str:
    return " ".join(
        word for word in line.split(" ") if not _is_link(word.strip(".,;:!?()<>[]\"'“”").casefold())
    )


def _is_link(word: str) -> bool:
    """A web or mail address. `STOP.Please` is none: what follows the dot must be a known ending or go on with a path."""
    if word.startswith(("http://", "https://", "www.")):
        return True
    name, _, host = word.rpartition("@")
    if name and _is_host(host):
        return True
    host, _, path = word.partition("/")
    return _is_host(host) and (bool(path) or host.endswith(_DOMAINS))


def _is_host(word: str) -> bool:
    labels = word.split(".")
    return len(labels) > 1 and all(label.replace("-", "").isalnum() for label in labels)
