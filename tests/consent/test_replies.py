"""Reading replies: measured on labelled texts, with the errors that are never tolerable counted apart."""

import json
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.replies import Meaning, Reply, ReplyClass, ReplyScope, other_languages, read
from consent.replies.letters import lowered
from consent.replies.pattern import Phrases, phrases
from consent.replies.words import SOFT_STOP_WORDS, STOP_ALL, STOP_WORDS

CASES = Path(__file__).parents[1] / "cases"
FILES = ("keywords.jsonl", "replies_more.jsonl")

# The share of labelled texts read as labelled or as one of the tolerated alternatives.
AGREEMENT = {"tier1": 1.0, "tier2": 0.99, "tier3": 0.98}


def cases(name: str) -> Iterator[dict[str, Any]]:
    for line in (CASES / name).read_text().splitlines():
        yield json.loads(line)


def read_case(case: dict[str, Any]) -> Reply:
    return read(case["text"], last_outbound=case.get("context", {}).get("last_outbound", ""))


def agrees(case: dict[str, Any]) -> bool:
    return read_case(case).meaning in (case["expected"], *case.get("also_accept", []))


def intolerable(case: dict[str, Any]) -> bool:
    """A request to stop that is lost, or an ordinary message that silences somebody."""
    meaning = read_case(case).meaning
    if meaning == case["expected"] or meaning in case.get("also_accept", []):
        return False
    if case["expected"] == "stop":
        return meaning is not Meaning.UNCLEAR
    return case["tier"] == "tier3" and case["expected"] == "none" and meaning is Meaning.STOP


@pytest.mark.parametrize("name", FILES)
def test_no_labelled_request_is_lost_and_no_ordinary_text_is_a_stop(name: str) -> None:
    assert [(case["id"], case["text"], read_case(case)) for case in cases(name) if intolerable(case)] == []


@pytest.mark.parametrize("tier", AGREEMENT)
@pytest.mark.parametrize("name", FILES)
def test_labelled_texts_are_read_as_labelled(name: str, tier: str) -> None:
    labelled = [case for case in cases(name) if case["tier"] == tier]
    wrong = [(case["id"], case["text"], read_case(case).meaning) for case in labelled if not agrees(case)]
    assert len(wrong) <= len(labelled) * (1 - AGREEMENT[tier]), wrong


def test_own_cases_cover_every_tier_in_three_languages() -> None:
    counts = Counter((case["tier"], case["lang"]) for case in cases("replies_more.jsonl"))
    assert sum(counts.values()) >= 250
    assert min(counts[tier, "en"] for tier in AGREEMENT) >= 80
    assert min(counts[tier, lang] for tier in ("tier2", "tier3") for lang in ("es", "fr")) >= 60


E, L, R = ReplyClass.REVOKE_EXPLICIT, ReplyClass.REVOKE_LIKELY, ReplyClass.REVIEW
SENDER, ALL = ReplyScope.SENDER, ReplyScope.ALL


@pytest.mark.parametrize(
    ("text", "klass", "scope"),
    [
        ("STOP", E, SENDER),
        (" stop\n", E, SENDER),
        ("“Stop.”", E, SENDER),
        ("ＳＴＯＰ", E, SENDER),
        ("st\u200bop", E, SENDER),
        ("S.T.O.P.", E, SENDER),
        ("S.T.O.P. I mean it", L, SENDER),
        ("stop please", E, SENDER),
        ("Stop. Thank you", E, SENDER),
        ("Opt-Out", E, SENDER),
        ("OPT—OUT", E, SENDER),
        ("Arrêt", E, SENDER),
        ("No más", E, SENDER),
        ("🛑", E, SENDER),
        ("STOPALL", E, ALL),
        ("Stop all", E, ALL),
        ("Stpo", L, SENDER),
        ("Please stopppp", L, SENDER),
        ("Stop it!", L, SENDER),
        ("STOP 12345", L, SENDER),
        ("ok stop", L, SENDER),
        ("pls stop texting me", L, ALL),
        ("take me off your list", L, ALL),
        ("please opt me out", L, ALL),
        ("leave me alone", L, ALL),
        ("no me manden más mensajes", L, ALL),
        ("Ne m’écrivez plus", L, ALL),
        ("wrong number", ReplyClass.WRONG_NUMBER, ALL),
        ("STOP wrong person", ReplyClass.WRONG_NUMBER, ALL),
        ("We have got to STOP this terrible bill", R, None),
        ("When does the bus stop on Main?", R, None),
        ("cancel my appointment tomorrow", R, None),
        ("end of month works", R, None),
        ("not interested", R, None),
        ("START", ReplyClass.START, SENDER),
        ("unstop", ReplyClass.START, SENDER),
        ("start texting me again", R, None),
        ("Yes", ReplyClass.YES, SENDER),
        ("yes please come at 9", ReplyClass.NONE, None),
        ("help", ReplyClass.HELP, None),
        ("shop", ReplyClass.NONE, None),
        ("", ReplyClass.NONE, None),
    ],
)
def test_says_what_is_done_and_how_far_it_reaches(
    text: str, klass: ReplyClass, scope: ReplyScope | None
) -> None:
    reply = read(text)
    assert (reply.klass, reply.scope) == (klass, scope)


@pytest.mark.parametrize("word", ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"])
@pytest.mark.parametrize(
    "outbound",
    [
        "",
        "Reply YES to confirm or CANCEL to cancel your appointment",
        "Do you want to stop, quit, end, revoke or cancel? Or opt out, or unsubscribe?",
    ],
)
def test_the_regulators_words_act_whatever_we_asked(word: str, outbound: str) -> None:
    assert read(word, last_outbound=outbound).klass is ReplyClass.REVOKE_EXPLICIT


@pytest.mark.parametrize(
    ("text", "outbound", "meaning"),
    [
        ("YES", "", "start"),
        ("Y", "Reply Y to join our text list", "start"),
        ("yes", "Are we still on for 3pm tomorrow?", "none"),
        ("no", "Do you still want to receive our texts?", "stop"),
        ("no", "Do you need a high chair?", "none"),
        ("9", "Acme sale! Reply 9 to opt out", "stop"),
        ("9", "How many guests?", "none"),
        ("help", "Reply HELP for help", "help"),
        ("help", "Do you want to help or sponsor the event?", "none"),
        ("JOIN", "Text JOIN for weekly deals", "start"),
        ("join", "Will you join us for dinner?", "unclear"),
        ("remove", "Reply ADD or REMOVE to change your order", "unclear"),
        ("remove", "", "stop"),
        ("REMOVE", "Reply REMOVE to leave this list", "stop"),
        ("SALIR", "Acme: envíe SALIR para no recibir más mensajes", "stop"),
        ("FIN", "Acme : répondez FIN pour arrêter", "stop"),
        ("nunca", "¿Desea seguir recibiendo mensajes?", "stop"),
        ("non", "Souhaitez-vous continuer à recevoir nos messages ?", "stop"),
        ("YES YES", "Reply YES to subscribe to Acme alerts", "start"),
        ("yes yes", "Are we still on for 3pm?", "none"),
        ("stop 14", "Which bus stop are you at?", "unclear"),
        ("stop 14", "Text STOP 14 to end", "stop"),
        ("stop it please", "Should we stop texting you?", "stop"),
        ("I quit", "Do you still smoke?", "unclear"),
        ("I quit", "Acme sale! Reply STOP to end", "stop"),
        ("quit", "Do you still smoke?", "stop"),
        ("X", "Your appointment is at 3pm. Reply X to cancel", "none"),
        ("9", "Weekly deals! Reply 9 to cancel", "stop"),
        ("no more", "Do you need more boxes?", "unclear"),
        ("no more", "Acme sale! Reply STOP to end", "stop"),
    ],
)
def test_short_answers_are_read_with_the_question(text: str, outbound: str, meaning: str) -> None:
    assert read(text, last_outbound=outbound).meaning == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ST\u041eP", "stop"),  # a Cyrillic O
        ("\u0405\u0422\u041eP", "stop"),
        ("stop f***ing texting me", "stop"),
        ("pleeeease stop", "stop"),
        ("STOP -Maria", "stop"),
        ("non -stop flights", "none"),
        ("Non-stop!", "none"),
        ("Non, stop", "stop"),
        ("ztop", "stop"),  # a key of the row below
        ("atop texting me", "stop"),
        ("atop the hill", "none"),
        ("我想退订谢谢", "stop"),
        ("opt out opt out", "stop"),
        ("yo stop", "stop"),
        ("Stoppp itttt", "stop"),
        ("stoop", "none"),
        ("where is your stop", "none"),
        ("\ua4e2\ua4d4\ua4f3\ua4d1", "stop"),  # Lisu
        ("\u0405\u0422\u041e\u0420", "stop"),  # Cyrillic alone
        ("\u1d1bext", "none"),  # a small capital
        ("don't \u1d1bext me", "stop"),
        ("отмена", "stop"),
        ("не пишите мне", "stop"),
        ("$top", "stop"),
        ("on subscribe", "stop"),
        ("remove ne", "stop"),
        ("rmove me", "stop"),
        ("stoip", "stop"),  # the key beside, too
        ("nsubscribe", "stop"),
        ("stop4ever", "stop"),
        ("Non stop", "none"),
        ("หยุด", "stop"),
        ("หยุดส่งข้อความ", "stop"),
        ("ขอบคุณ", "none"),
        ("รถหยุด stop", "stop"),
        ("बंद करें", "stop"),
        ("मैसेज मत भेजो।", "stop"),
        ("أَوْقِفْ", "stop"),
        ("لغـــو", "stop"),
        ("עֲצוֹר בבקשה", "stop"),
        ("停止。谢谢", "stop"),
        ("请停止", "stop"),
        ("明天再发", "none"),
        ("別發訊息", "stop"),
        ("गलत नंबर", "stop"),
        ("मैसेज नहीं आया", "none"),
        ("λάθος αριθμός", "stop"),
        ("احذف رقمي", "stop"),
        ("停止营业了吗", "none"),
        ("หยุดค่ะ", "stop"),
        ("วันหยุด", "none"),
        ("STOP해주세요", "stop"),
        ("ｽﾄｯﾌﾟ", "stop"),
        ("remove +1 (415) 555-0100", "stop"),
        ("don't text 415.555.0100", "stop"),
        ("My number is 415-555-0100", "none"),
        ("how many more times", "stop"),
        ("I don't text", "unclear"),
        ("I don't text at work", "none"),
    ],
)
def test_odd_ways_of_writing_are_read(text: str, meaning: str) -> None:
    assert read(text).meaning == meaning


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_listed_word_is_read_however_its_marks_are_stored(form: Any) -> None:
    listed = STOP_WORDS | STOP_ALL | SOFT_STOP_WORDS
    assert [
        word for word in listed if read(unicodedata.normalize(form, word)).meaning is not Meaning.STOP
    ] == []


def test_phrases_of_other_scripts_are_written_as_replies_are_folded() -> None:
    groups = [group for group in vars(other_languages).values() if isinstance(group, Phrases)]
    written = [phrase.expression for group in groups for phrase in group.phrases]
    written.append(other_languages.UNSPACED.pattern)
    assert [expression for expression in written if lowered(expression) != expression.lower()] == []


@pytest.mark.parametrize(
    "text",
    [
        "what happens if I text STOP?",
        "don't text me before noon",
        "I stopped getting your texts",
        "are you going to stop texting?",
        "why do you keep sending me this i told you enough",
        "Why are you sending me these",
        "why do you send us this",
    ],
)
def test_who_speaks_of_stopping_is_shown_to_a_person(text: str) -> None:
    assert read(text).meaning is Meaning.UNCLEAR


@pytest.mark.parametrize(
    "text", ["keep sending me these", "why arent you sending me the deals", "Why do you send my code twice?"]
)
def test_who_misses_a_message_asks_nothing_of_us(text: str) -> None:
    assert read(text).meaning is Meaning.NONE


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Liked “Acme: sale! Reply STOP to opt out”", "none"),
        ("Liked “Acme: sale! Reply STOP to opt out”\nSTOP", "stop"),
        ("Le gustó “Responda ALTO para salir”", "none"),
        ("A aimé « Répondez STOP »", "none"),
        ("> Reply STOP to opt out\nok thanks", "none"),
        ("> Reply STOP to opt out\nSTOP", "stop"),
        ("STOP\n\nOn Mon, Jan 5, 2026 at 3:04 PM Acme wrote:\n> Reply STOP to end", "stop"),
        ("Sounds good\n\nOn Mon, Jan 5, 2026 at 3:04 PM Acme wrote:\nReply STOP to end", "none"),
        ("On Mon, Jan 5, 2026 at 3:04 PM Acme wrote:\nReply HELP for help\nSTOP", "stop"),
        ("unsubscribe\n-- \nJane Roe", "stop"),
        ("ok\n-- \nStop & Shop, Main St", "none"),
        ("STOP\nSent from my iPhone", "stop"),
        ("https://example.com/stop", "none"),
        ("STOP https://example.com/x", "stop"),
        ("STOP.Please", "stop"),
        (">STOP", "stop"),
        ("Auto-reply: I am driving. Reply STOP to end", "none"),
        ("Automated response: please remove this number from your list", "unclear"),
    ],
)
def test_only_the_persons_own_words_count(text: str, meaning: str) -> None:
    assert read(text).meaning == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("don't stop, I love these", "none"),
        ("please don't unsubscribe me", "none"),
        ("why don't you people stop", "stop"),
        ("Why won't you stop texting me", "stop"),
        ("he won't stop texting me lol", "none"),
        ("Please text me instead of calling", "none"),
        ("don't call, just text", "none"),
        ("stop calling, stop texting", "stop"),
        ("don't forget to text me", "none"),
        ("no pares", "none"),
        ("no pare de enviarme ofertas", "none"),
        ("n'arrêtez pas", "none"),
        ("je n'ai pas reçu vos sms", "none"),
        ("ne m'envoyez pas la facture", "none"),
        ("This is John", "none"),
        ("This isn't John", "stop"),
        ("I'm not John", "stop"),
        ("I'm not sure", "none"),
        ("she doesn't live here", "stop"),
        ("she doesn't live here, she lives next door", "none"),
        ("Elle a changé de numéro", "stop"),
        ("I'm not Mrs. Smith", "stop"),
        ("Wrong Dave", "stop"),
        ("he gave me the wrong number", "unclear"),
        ("don't opt me in", "stop"),
        ("No, subscribe", "unclear"),
        ("inscrivez-moi sur bloctel", "stop"),
        ("this is my number now", "unclear"),
        ("c'est pas Paul", "stop"),
        ("c'est pas grave", "none"),
        ("я не получил смс", "none"),
        ("не хочу получать смс", "stop"),
        ("how come you stopped texting me", "none"),
        ("sorry I texted the wrong number", "none"),
        ("j'ai changé de numéro", "none"),
        ("Cancer", "none"),
        ("quite", "none"),
        ("atop", "none"),
    ],
)
def test_what_turns_a_word_round_is_heard(text: str, meaning: str) -> None:
    assert read(text).meaning == meaning


def test_the_answer_tells_what_decided_it() -> None:
    reply = read("Hello, could you PLEASE take me off of this list? Thx")
    assert reply.matched == "take me off of this list"
    assert "plain language" in reply.why


TIER1_STOPS = [
    case["text"]
    for name in FILES
    for case in cases(name)
    if case["tier"] == "tier1"
    and case["expected"] == "stop"
    and not case.get("also_accept")
    and "context" not in case
]
AROUND = st.text(
    st.sampled_from(" \t\n\r\u00a0\u200b\u200d\u2060\ufeff\u200e\u202e!.,?;:'\"()[]{}*_~#…“”«»¡¿/\\|+=^"),
    max_size=6,
)
WITHIN = st.sampled_from(["", "\u200b", "\u00ad", "\u200d", "\u2060", "\ufe0f"])


@given(st.sampled_from(TIER1_STOPS), AROUND, AROUND, st.randoms(use_true_random=False), WITHIN)
@example("STOP", "", "#", None, "")
@example("STOP", "________\n", "", None, "")
@example("STOP", "--\n", "\n--", None, "")
def test_noise_around_a_keyword_changes_nothing(
    text: str, before: str, after: str, cases_of: Any, invisible: str
) -> None:
    varied = "".join((c.upper() if cases_of.random() < 0.5 else c.lower()) if cases_of else c for c in text)
    assert read(before + invisible.join(varied) + after).meaning is Meaning.STOP


@given(
    st.text(st.characters(), max_size=300),
    st.text(st.characters(), max_size=100),
)
@example("\ud83d STOP", "\udc00")
def test_any_text_is_read(text: str, outbound: str) -> None:
    assert isinstance(read(text, last_outbound=outbound), Reply)


WORDS = sorted({word for case in cases("keywords.jsonl") for word in case["text"].split()})


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_words_of_replies_in_any_order_are_read(words: list[str]) -> None:
    assert isinstance(read(" ".join(words)), Reply)


def test_an_empty_body_is_nothing_and_what_is_no_text_is_refused() -> None:
    assert read(None).klass is ReplyClass.NONE
    with pytest.raises(TypeError, match="are text, not int"):
        read(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="are text, not bytes"):
        read("STOP", last_outbound=b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "piece",
    [
        "stop ", "don't text me not ", "s t o p ", "a.", "\u200b", "\ufdfa", "> x\n", "http://a.b/c ", "Maria ",
        "\U0001f44d", "'a", "On x wrote:\n", "please ",
    ],
)  # fmt: skip
def test_a_huge_body_costs_no_more_than_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = time.process_time()
        read(text)
        return time.process_time() - started

    seconds(1_000)
    short, long = min(seconds(10_000) for _ in range(3)), min(seconds(100_000) for _ in range(3))
    assert long < 30 * short + 0.05


def test_a_stop_at_either_end_of_a_huge_body_is_seen_and_in_the_middle_doubted() -> None:
    filler = "lorem ipsum dolor. " * 3_000
    assert read("Stop texting me. " + filler).meaning is Meaning.STOP
    assert read(filler + "Stop texting me.").meaning is Meaning.STOP
    assert read(filler + "Stop texting me. " + filler).meaning is Meaning.UNCLEAR
    assert read(filler).meaning is Meaning.NONE


def test_a_phrase_that_could_match_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="must occur"):
        phrases("^ [please] ~2 $")
    with pytest.raises(KeyError):
        phrases("stop {nonsense}")
