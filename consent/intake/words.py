"""Reasons, warnings, values and consequences of rows as staff read them."""

from __future__ import annotations

from consent.cells import Meaning

MEANINGS = {
    Meaning.IN: "Opted in",
    Meaning.OUT: "Opted out",
    Meaning.NEVER: "Never opted in",
    Meaning.PENDING: "Pending",
    Meaning.REDACTED: "Removed",
    Meaning.UNKNOWN: "Says nothing",
}

WORDS = {
    # why a row is rejected
    "phone_empty": "No phone number",
    "phone_not_a_number": "Not a phone number",
    "phone_no_country": "Country of the number not known",
    "phone_too_short": "Number too short",
    "phone_too_long": "Number too long",
    "phone_not_valid": "No such number",
    "phone_scientific_notation": "Number shortened by a spreadsheet",
    "phone_multiple_numbers": "Several numbers in one cell",
    "phone_short_code": "Short code",
    "phone_letters": "Letters in the number",
    "wrong_width": "Too many or too few cells",
    "undecodable_byte": "Bytes that are no text",
    "cell_too_long": "Cell too long",
    "stray_quote": "Stray quote",
    "swallowed_rows": "Rows swallowed by an open quote",
    "broken_record": "Record that is damaged",
    # why a row is held
    "status_unrecognised": "Status word nobody explained",
    "program_unknown": "Program not known",
    "direction_unknown": "Sent or received: not known",
    "answer_unread": "Answer nobody explained",
    # what else becomes of a row
    "same_number_again": "Same number again, same status",
    "another_record": "Same number in another record",
    "conflicting_duplicate": "Same number again, another status",
    "same_event_again": "Same event again",
    "box_not_ticked": "Box not ticked",
    "outbound": "Message we sent",
    "from_short_code": "Message from a short code",
    "ordinary_reply": "Reply without a word about consent",
    "no_consent_content": "Change without a word about consent",
    "not_reassigned": "Number that has not changed hands",
    "not_ours": "Number we do not know",
    # warnings
    "extra_cells": "Empty cells beyond the last column",
    "short_row": "Cells missing at the end",
    "control_character": "Control character removed",
    "fallback_phone_column": "Number from the second choice of column",
    "country_unknown": "Country not understood",
    "country_mismatch": "Number of another country",
    "formula_cell": "Spreadsheet formula, kept as text",
    "no_status": "No status",
    "no_timestamp": "No time",
    "bad_timestamp": "Time not understood",
    "order_needed": "Order of day and month not known",
    "future_timestamp": "Time in the future",
    "nonexistent_local_time": "Time that the clocks skipped",
    "ambiguous_local_time": "Time that happened twice",
    "leading_apostrophe": "Apostrophe before the number removed",
    "float_suffix": "“.0” of a spreadsheet removed",
    "exact_scientific": "Scientific notation, all digits there",
    "label": "Words beside the number",
    "do_not_contact": "Words beside the number may ask for no contact",
    "vanity": "Letters read as digits",
    "extension": "Extension, which gets no texts",
    "landline": "Landline",
    "toll_free": "Toll-free number",
    "premium": "Premium-rate number",
    "shared_cost": "Shared-cost number",
    "uan": "Company’s central number",
    "pager": "Pager",
    "voicemail": "Voicemail box",
    "copied_time": "Same second as many other rows",
    "fictitious": "Number reserved for films and examples",
    # lines that are no data
    "blank": "Blank lines",
    "repeated_header": "The header or lead-in again",
    "totals": "Totals",
    "footer": "Closing lines",
    # what a row says
    **{meaning.value: words for meaning, words in MEANINGS.items()},
    "revoke": "Takes consent back",
    "grant": "Gives consent",
    "confirm": "Says yes",
    "assert_in": "Claims opted in",
    "assert_out": "Claims opted out",
    "assert_none": "To be read by a person",
    "boundary": "Changed hands",
    # what confirming would mean
    "becomes_out": "become opted out",
    "out_again": "repeat an opt-out that is known",
    "adds_evidence": "bring proof that somebody agreed",
    "changes_hands": "say that the number belongs to somebody else now",
    "claims_in_without_proof": "claim an opt-in without proof",
    "conflicts_with_opt_out": "of these contradict an opt-out we hold",
}


def words(code: str) -> str:
    return WORDS.get(code) or code.replace("_", " ").capitalize()
