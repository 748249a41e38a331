"""Status words in cells: what each one means, what waits for a person, and which way round a column is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.cells import (
    Meaning,
    Polarity,
    StatusCell,
    StatusReader,
    StatusWarning,
    guess_polarity,
    read_status,
    word_key,
)

IN, OUT, NEVER, PENDING, REDACTED, UNKNOWN = Meaning
HELD = None
OPT_IN, OPT_OUT = Polarity

# meaning in an opt-in column, meaning in an opt-out column, cells
WORDS = [
    ("plain yes", IN, OUT, ["yes", "Yes", "YES", "y", "Y", "true", "TRUE", "t", "1", "1.0", "on", "x", "X"]),
    ("yes in other languages", IN, OUT, ["Oui", "Sí", "SI\u0301", "Si", "Ja", "VRAI", "WAHR", "VERDADERO"]),
    ("yes as a mark", IN, OUT, ["✓", "✔", "✔️", "☑", "✅"]),
    ("plain no", NEVER, UNKNOWN, ["no", "No", "N", "false", "FALSE", "f", "0", "0.0", "0.", "off"]),
    ("no in other languages", NEVER, UNKNOWN, ["Non", "Nein", "FAUX", "FALSCH", "FALSO"]),
    ("no as a mark", NEVER, UNKNOWN, ["✗", "✘", "☐", "❌"]),
    ("says in", IN, UNKNOWN, ["Subscribed", "opted in", "opted-in", "Opted_In", "OPT-IN", "optin", "OptIn"]),
    ("says in, long", IN, UNKNOWN, ["optin sms", "SINGLE_OPT_IN", "confirmed_opt_in"]),
    ("says out", OUT, OUT, ["unsubscribed", "Unsubscribe", "opted out", "opted-out", "OPT_OUT", "OptOut"]),
    ("says out, other words", OUT, OUT, ["revoked", "Withdrawn", "STOP", "stopped", "blacklisted", "DNC"]),
    ("says do not", OUT, OUT, ["Do Not Text", "do not contact", "do_not_sms"]),
    ("says never", NEVER, UNKNOWN, ["not_subscribed", "NEVER_SUBSCRIBED", "non-subscribed", "nonsubscribed"]),
    ("says never, other words", NEVER, UNKNOWN, ["no_consent", "NOTSET", "not opted in"]),
    ("in a consent's life", IN, HELD, ["active", "Confirmed", "granted"]),
    ("waiting", PENDING, HELD, ["pending", "PENDING", "unconfirmed", "never_confirmed", "p"]),
    ("waiting, long", PENDING, HELD, ["awaiting confirmation", "Awaiting-Confirmation"]),
    ("gone", REDACTED, REDACTED, ["REDACTED", "erased", "deleted", "Archived", "cleaned"]),
    ("list with texts", IN, OUT, ["['sms','email']", '["email", "sms"]', "email, sms", "sms", "mobile;web"]),
    (
        "list without texts",
        NEVER,
        UNKNOWN,
        ["['email','web']", "email", "E-mail; direct mail", "[]", '["email"]'],
    ),
    ("e-mail is not texts", HELD, HELD, ["email only", "email yes", "subscribed to email", "opted in email"]),
    (
        "unseen",
        HELD,
        HELD,
        ["Maybe", "Yes?", "?", ",", "VIP", "yes/no", "not sure", "opt-in/opt-out", "inactive"],
    ),
    ("odd numbers", HELD, HELD, ["-1", "2", "10", "01", "1.5", "1e0"]),
    ("unclear marks", HELD, HELD, ["☒", "★", "🙂"]),
    ("list with a stranger", HELD, HELD, ["['sms','fax']", "sms (declined)", "email, yes"]),
    ("full width", IN, OUT, ["ＹＥＳ", "Ｙ", "１"]),
    ("wrapped", IN, OUT, [" yes\n", '"Yes"', "'Yes", '="Yes"', "Yes.", "yes!", "\u200bYes\u00a0", "Yes\x00"]),
    ("joints", OUT, OUT, ["Opted  Out", "opted\u00a0out", "opted\u2011out", "opted – out", "Opted\nOut"]),
]
CELLS = [
    (f"{name}: {cell!r}", cell, opt_in, opt_out) for name, opt_in, opt_out, cells in WORDS for cell in cells
]


@pytest.mark.parametrize(("cell", "opt_in", "opt_out"), [c[1:] for c in CELLS], ids=[c[0] for c in CELLS])
def test_a_word_means_what_its_column_asks(cell, opt_in, opt_out):
    for polarity, meaning in ((OPT_IN, opt_in), (OPT_OUT, opt_out)):
        warning = StatusWarning.STATUS_UNRECOGNISED if meaning is HELD else None
        assert read_status(cell, polarity) == StatusCell(meaning, meaning is not HELD, cell, warning)


BLANKS = [
    "",
    "  ",
    "\t\u00a0",
    "NULL",
    "(null)",
    r"\N",
    "N/A",
    "#N/A",
    "na",
    "none",
    "-",
    "--",
    "—",
    ".",
    "_",
]
BLANKS += ["nan", "undefined", "(blank)", "Unknown", "UNKNOWN_STATE", "u", "'", '""']


@pytest.mark.parametrize("polarity", Polarity)
@pytest.mark.parametrize("cell", BLANKS)
def test_a_blank_says_nothing_and_says_so(cell, polarity):
    assert read_status(cell, polarity) == StatusCell(UNKNOWN, True, cell, StatusWarning.NO_STATUS)


# --- Vocabulary ---------------------------------------------------------------------------------------------


def test_the_systems_vocabulary_goes_before_the_built_in_words():
    vocabulary = {"no": OUT, "Active": PENDING, "VIP": IN, "n/a": NEVER}
    meanings = {
        cell: read_status(cell, OPT_IN, vocabulary).meaning for cell in ["No", "active", "vip", "N/A", "yes"]
    }
    assert meanings == {"No": OUT, "active": PENDING, "vip": IN, "N/A": NEVER, "yes": IN}


def test_the_vocabulary_is_matched_like_the_cells():
    assert read_status(" texts  OK ", OPT_IN, {"Texts-ok": IN}).meaning is IN


def test_no_vocabulary_turns_an_opt_out_column_into_consent():
    vocabulary = {"yes": IN, "VIP": IN, "gone": OUT}
    assert read_status("Yes", OPT_OUT, vocabulary).meaning is OUT
    assert read_status("VIP", OPT_OUT, vocabulary).recognised is False
    assert read_status("gone", OPT_OUT, vocabulary).meaning is OUT


def test_no_vocabulary_makes_a_blank_consent():
    for blank in ["", "NULL", "-"]:
        assert read_status(blank, OPT_IN, {blank: IN}) == StatusCell(
            UNKNOWN, True, blank, StatusWarning.NO_STATUS
        )


def test_a_vocabulary_that_explains_a_word_twice_is_refused():
    with pytest.raises(ValueError, match="'opted_in' both as pending and as in"):
        read_status("yes", OPT_IN, {"Opted In": PENDING, "opted_in": IN})
    assert read_status("yes", OPT_IN, {"Opted In": IN, "opted_in": IN}).meaning is IN


# --- Reader and any text ------------------------------------------------------------------------------------


def test_the_reader_reads_as_the_function_does_and_remembers_a_bounded_number():
    vocabulary = {"VIP": IN}
    reader = StatusReader(OPT_IN, vocabulary, remembered=2)
    for cell in ["yes", "VIP", "", "Maybe", "yes"] * 3:
        assert reader.read(cell) == read_status(cell, OPT_IN, vocabulary)
    assert reader.read.cache_info().currsize == 2
    assert reader.read("yes") is reader.read("yes")


VOCABULARIES = st.dictionaries(
    st.sampled_from(["yes", "no", "", "n/a", "VIP", "sms"]), st.sampled_from(Meaning)
)
ANY_CELL = st.text() | st.sampled_from([cell for _, cell, _, _ in CELLS] + BLANKS)


@given(cell=ANY_CELL, polarity=st.sampled_from(Polarity), vocabulary=VOCABULARIES)
@example(cell="\ud800", polarity=OPT_IN, vocabulary={})
@example(cell="[" * 500, polarity=OPT_IN, vocabulary={})
def test_any_text_is_a_meaning_or_waits_for_a_person(cell, polarity, vocabulary):
    status = read_status(cell, polarity, vocabulary)
    assert status.text == cell
    assert status.recognised is (status.meaning is not None)
    assert status.recognised or status.warning == StatusWarning.STATUS_UNRECOGNISED


@given(cell=ANY_CELL, vocabulary=VOCABULARIES)
def test_an_opt_out_column_never_says_in(cell, vocabulary):
    assert read_status(cell, OPT_OUT, vocabulary).meaning is not IN


@given(cell=ANY_CELL)
def test_case_and_outer_blanks_never_change_the_meaning(cell):
    plain, loud = read_status(cell, OPT_IN), read_status(f" {cell.upper()}\t", OPT_IN)
    if cell.isascii():
        assert plain.meaning is loud.meaning


def test_a_dash_in_front_is_part_of_the_word():
    assert word_key("-1") != word_key("1")
    assert word_key("Opt-Out") == word_key("opt_out") == word_key(" OPT  OUT ")


# --- Polarity -----------------------------------------------------------------------------------------------

HEADERS = [
    ("SMS_BLACKLISTED", OPT_OUT),
    ("HasOptedOutOfMobile", OPT_OUT),
    ("et4ae5__HasOptedOutOfMobile__c", OPT_OUT),
    ("hasoptedoutofemail", OPT_OUT),
    ("Opted out of email: Newsletter", OPT_OUT),
    ("Unsubscribed from all email", OPT_OUT),
    ("Do Not Text", OPT_OUT),
    ("DoNotCall", OPT_OUT),
    ("Don't text", OPT_OUT),
    ("DND", OPT_OUT),
    ("No SMS", OPT_OUT),
    ("OptedOut", OPT_OUT),
    ("sakari_opted_out", OPT_OUT),
    ("Unsubscribed", OPT_OUT),
    ("SMS Consent Opt-Out", OPT_OUT),
    ("Accepts SMS Marketing", OPT_IN),
    ("SMS Opt-In", OPT_IN),
    ("sms_opt_in", OPT_IN),
    ("sakari_opted_in", OPT_IN),
    ("subscribedSms", OPT_IN),
    ("$consent", OPT_IN),
    ("SMS consent", OPT_IN),
    ("OK to text", OPT_IN),
    ("_Status", None),
    ("Opt In/Out", None),
    ("Opt-in or opt-out", None),
    ("Not opted in", None),
    ("Adoption", None),
    ("Option", None),
    ("", None),
]


@pytest.mark.parametrize(("header", "polarity"), HEADERS)
def test_a_header_proposes_which_way_round_its_column_is(header, polarity):
    guess = guess_polarity(header, ["Yes", "No", ""])
    assert guess.polarity is polarity
    assert guess.why


@pytest.mark.parametrize(
    ("cells", "polarity"),
    [
        (["", "Unsubscribe"], OPT_IN),
        (["SUBSCRIBED", "NOT_SUBSCRIBED"], OPT_IN),
        (["yes", "no"], None),
        (["TRUE"], None),
        (["p"], None),
        ([], None),
    ],
)
def test_where_the_header_is_silent_cells_that_name_the_state_speak(cells, polarity):
    assert guess_polarity("_Status", cells).polarity is polarity


def test_the_guess_quotes_the_header_and_says_when_it_is_about_something_else():
    assert '"blacklisted"' in guess_polarity("SMS_BLACKLISTED", []).why
    assert "says nothing about texts" in guess_polarity("EMAIL_BLACKLISTED", []).why
    assert "says nothing about texts" not in guess_polarity("Email and SMS opt-in", []).why


@given(header=st.text(), cells=st.lists(st.text(), max_size=5))
def test_any_header_can_be_looked_at(header, cells):
    assert guess_polarity(header, cells).why
