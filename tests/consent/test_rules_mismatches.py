"""Where the systems say something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.ledger import (
    Belief,
    Kind,
    SystemKind,
    Value,
)
from tests.consent.rule_cases import (
    ALERTS,
    EXPIRED,
    IN,
    NONE,
    OUT,
    PENDING,
    PRESUMED,
    PROMO,
    PROMO_DOI,
    C,
    R,
    Row,
    assert_row,
    crm,
    form,
    platform,
    provider,
    revoke,
    sent,
    start,
    stop,
    utc,
)

ROWS = [
    # --- what the systems say
    Row(
        "platform in, agreed out", [form(), stop()], OUT, R.STOP, [C.PLATFORM_IN_AGREED_OUT], [platform("in")]
    ),
    Row("a source in, agreed out", [form(), stop()], OUT, R.STOP, [C.SOURCE_IN_AGREED_OUT], [crm("in")]),
    Row(
        "a list in, agreed presumed out",
        [form(), revoke(Kind.COMPLAINT)],
        PRESUMED,
        R.COMPLAINT,
        [C.SOURCE_IN_AGREED_OUT],
        [Belief("list 7", SystemKind.LIST, Value.IN)],
    ),
    Row(
        "agreement raises nothing",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [platform("out"), crm("never"), provider("blocked")],
    ),
    Row("in without evidence", [], NONE, R.NONE, [C.PLATFORM_IN_NO_EVIDENCE], [platform("in")]),
    Row("a source in without evidence", [], NONE, R.NONE, [C.PLATFORM_IN_NO_EVIDENCE], [crm("in")]),
    Row(
        "in before the phone confirmed",
        [form("2026-11-18")],
        PENDING,
        R.DOUBLE_OPT_IN,
        [C.PLATFORM_IN_PENDING],
        [platform("in")],
        PROMO_DOI,
    ),
    Row(
        "in while the START is missing",
        [stop(), form("2026-05-15")],
        PENDING,
        R.NEEDS_HANDSET_START,
        [C.PLATFORM_IN_PENDING],
        [platform("in")],
    ),
    Row(
        "in on expired consent",
        [form("2026-01-01")],
        EXPIRED,
        R.TTL,
        [C.PLATFORM_IN_EXPIRED],
        [platform("in")],
        replace(PROMO, ttl_days=30),
    ),
    Row("out where we may speak", [form()], IN, R.FORM, [C.PLATFORM_OUT_AGREED_IN], [platform("out")]),
    Row(
        "never where we hold an opt-in", [form()], IN, R.FORM, [C.PLATFORM_OUT_AGREED_IN], [platform("never")]
    ),
    Row(
        "pending, erased or unknown where we may speak is no mismatch",
        [form()],
        IN,
        R.FORM,
        [],
        [platform("pending"), crm("redacted"), Belief("list", SystemKind.LIST, Value.UNKNOWN)],
    ),
    Row("a source out where we may speak is its own affair", [form()], IN, R.FORM, [], [crm("out")]),
    Row(
        "a word without meaning",
        [form()],
        IN,
        R.FORM,
        [C.UNPARSEABLE_VALUE],
        [replace(crm("unknown"), text="maybe")],
    ),
    Row(
        "the provider let an explicit opt-out go",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PROVIDER_UNBLOCKED_AGREED_OUT],
        [provider("open")],
    ),
    Row(
        "the provider cannot know of a presumed one",
        [form(), revoke(Kind.COMPLAINT)],
        PRESUMED,
        R.COMPLAINT,
        [],
        [provider("open")],
    ),
    Row(
        "the provider still blocks after START",
        [stop(), start("2026-05-06")],
        IN,
        R.HANDSET,
        [C.PROVIDER_BLOCKED_AGREED_IN],
        [platform("in"), provider("blocked")],
    ),
    Row(
        "a block nobody can explain, platform in",
        [form()],
        IN,
        R.FORM,
        [C.CARRIER_BLOCK, C.CARRIER_BLOCK_UNRECORDED, C.PROVIDER_BLOCKED_AGREED_IN],
        [platform("in"), provider("blocked")],
    ),
    Row("a block of somebody unknown", [], NONE, R.NONE, [C.CARRIER_BLOCK], [provider("blocked")]),
    Row(
        "a reported block, platform in",
        [form(), revoke(Kind.CARRIER, None, program="promo")],
        OUT,
        R.CARRIER_BLOCK,
        [C.CARRIER_BLOCK, C.CARRIER_BLOCK_UNRECORDED, C.PLATFORM_IN_AGREED_OUT],
        [platform("in")],
    ),
    Row(
        "a STOP on record explains the block",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [platform("in"), provider("blocked")],
    ),
    Row(
        "a reported block beside a STOP is explained",
        [form(), stop(), revoke(Kind.CARRIER, "2026-05-02", "b", sender="S1")],
        OUT,
        R.CARRIER_BLOCK,
        [C.PLATFORM_IN_AGREED_OUT],
        [platform("in")],
    ),
    Row(
        "a STOP ALL that stopped half way",
        [form(program="alerts"), stop(program="*")],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT, C.STOPALL_PARTIAL],
        [platform("in")],
        ALERTS,
    ),
    Row(
        "a STOP ALL to nobody knows whom",
        [form(), stop(program="*", sender=None)],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT, C.STOPALL_PARTIAL],
        [platform("in")],
    ),
    Row(
        "a STOP ALL in its own pool is a plain STOP",
        [form(), stop(program="*")],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [platform("in")],
    ),
    Row(
        "a sync that overwrites with in",
        [],
        NONE,
        R.NONE,
        [C.OVERWRITE_SETTING_RISK, C.PLATFORM_IN_NO_EVIDENCE],
        [platform("in", overwrites_on_sync=True)],
    ),
    Row(
        "a sync that overwrites with out",
        [form()],
        IN,
        R.FORM,
        [C.OVERWRITE_SETTING_RISK],
        [crm("out", overwrites_on_sync=True)],
    ),
    Row(
        "a source that subscribes by default",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.OVERWRITE_SETTING_RISK, C.SOURCE_IN_AGREED_OUT],
        [crm("in", subscribes_by_default=True)],
    ),
    Row(
        "a setting that agrees is no risk",
        [form()],
        IN,
        R.FORM,
        [],
        [crm("in", overwrites_on_sync=True, subscribes_by_default=True)],
    ),
    Row(
        "contacts that share a number disagree",
        [form()],
        IN,
        R.FORM,
        [C.DUPLICATE_DIVERGENCE],
        [crm("in", record="1"), crm("out", record="2")],
    ),
    Row(
        "contacts that share a number agree",
        [form()],
        IN,
        R.FORM,
        [],
        [crm("in", record="1"), crm("in", record="2")],
    ),
    Row(
        "an opt-in carried to a new number",
        [],
        NONE,
        R.NONE,
        [C.CONSENT_CARRIED_TO_NEW_NUMBER, C.PLATFORM_IN_NO_EVIDENCE],
        [platform("in", carried_from_other_number=True)],
    ),
    Row(
        "an opt-in carried to a number with its own consent",
        [form()],
        IN,
        R.FORM,
        [],
        [platform("in", carried_from_other_number=True)],
    ),
    Row(
        "an opt-out carried to a new number",
        [],
        NONE,
        R.NONE,
        [C.OPTOUT_CARRIED_TO_NEW_NUMBER],
        [platform("out", carried_from_other_number=True)],
    ),
    Row(
        "an opt-out carried to a number that opted in",
        [form()],
        IN,
        R.FORM,
        [C.OPTOUT_CARRIED_TO_NEW_NUMBER, C.PLATFORM_OUT_AGREED_IN],
        [platform("out", carried_from_other_number=True)],
    ),
    Row(
        "an opt-out by e-mail is about the person and moves along",
        [revoke(Kind.CHANNEL, program="*")],
        PRESUMED,
        R.CHANNEL,
        [],
        [platform("out", carried_from_other_number=True)],
    ),
    # --- corrections and messages
    Row(
        "a correction was overwritten",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT, C.SYNC_REGRESSION],
        [
            platform(
                "in", corrected_value=Value.OUT, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-04")
            )
        ],
    ),
    Row(
        "a reading from before the correction is only old",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [
            platform(
                "in", corrected_value=Value.OUT, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-02")
            )
        ],
    ),
    Row(
        "an opt-in that left before the STOP is held by whoever took it, until somebody looks",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [
            platform(
                "never", corrected_value=Value.IN, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-02")
            )
        ],
    ),
    Row(
        "two records that read alike, one of which may hold an opt-in by now",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [
            platform("out", record="1", read_at=utc("2026-05-02")),
            platform(
                "out",
                record="2",
                corrected_value=Value.IN,
                corrected_at=utc("2026-05-03"),
                read_at=utc("2026-05-02"),
            ),
        ],
    ),
    Row(
        "an opt-in that was looked for after it left, and is not there",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [
            platform(
                "never", corrected_value=Value.IN, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-04")
            )
        ],
    ),
    Row(
        "an opt-in that is on its way to whoever may be texted",
        [form()],
        IN,
        R.FORM,
        [C.PLATFORM_OUT_AGREED_IN],
        [
            platform(
                "out", corrected_value=Value.IN, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-02")
            )
        ],
    ),
    Row(
        "after the watch it is a new mismatch",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PLATFORM_IN_AGREED_OUT],
        [
            platform(
                "in",
                corrected_value=Value.OUT,
                corrected_at=utc("2026-05-03"),
                read_at=utc("2026-05-09"),
                watch_over_at=utc("2026-05-06"),
            )
        ],
    ),
    Row(
        "an out that comes back as never has stayed",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [
            crm(
                "never",
                corrected_value=Value.OUT,
                corrected_at=utc("2026-05-03"),
                read_at=utc("2026-05-04"),
            )
        ],
    ),
    Row(
        "an opt-in that came back as out",
        [form()],
        IN,
        R.FORM,
        [C.PLATFORM_OUT_AGREED_IN, C.SYNC_REGRESSION],
        [
            platform(
                "out",
                corrected_value=Value.IN,
                corrected_at=utc("2026-05-03"),
                read_at=utc("2026-05-04"),
            )
        ],
    ),
    Row(
        "a correction that a START has overtaken",
        [stop(), start("2026-06-01")],
        IN,
        R.HANDSET,
        [],
        [
            platform(
                "in",
                corrected_value=Value.OUT,
                corrected_at=utc("2026-05-03"),
                read_at=utc("2026-06-04"),
            )
        ],
    ),
    Row(
        "a correction that stayed",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [
            platform(
                "out", corrected_value=Value.OUT, corrected_at=utc("2026-05-03"), read_at=utc("2026-05-04")
            )
        ],
    ),
    Row(
        "a message after the STOP arrived",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.POST_STOP_SEND],
        [sent("2026-05-01T15:03")],
    ),
    Row(
        "a message before the STOP arrived",
        [form(), stop(received_at="2026-05-01T15:10")],
        OUT,
        R.STOP,
        [],
        [sent("2026-05-01T15:03")],
    ),
    Row(
        "a message between STOP and START",
        [stop(), start("2026-06-01")],
        IN,
        R.HANDSET,
        [C.POST_STOP_SEND],
        [sent("2026-05-15")],
    ),
    Row("a message after the START", [stop(), start("2026-06-01")], IN, R.HANDSET, [], [sent("2026-06-15")]),
    Row(
        "an undated message while the STOP stands",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.POST_STOP_SEND],
        [sent()],
    ),
    Row("an undated message after it was ended", [stop(), start("2026-06-01")], IN, R.HANDSET, [], [sent()]),
    Row(
        "a message while a START is missing",
        [stop(), form("2026-05-15")],
        PENDING,
        R.NEEDS_HANDSET_START,
        [C.POST_STOP_SEND],
        [sent("2026-05-16")],
    ),
    Row(
        "the one confirmation is allowed",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [sent("2026-05-01T15:01", is_confirmation=True)],
    ),
    Row(
        "the confirmation came late",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.CONFIRMATION_RULE],
        [sent("2026-05-01T15:05:01", is_confirmation=True)],
    ),
    Row(
        "a second confirmation",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.CONFIRMATION_RULE, C.POST_STOP_SEND],
        [
            sent("2026-05-01T15:01", is_confirmation=True, record="1"),
            sent("2026-05-01T15:02", is_confirmation=True, record="2"),
        ],
    ),
    Row(
        "a confirmation that sells something",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.CONFIRMATION_RULE],
        [sent("2026-05-01T15:01", is_confirmation=True, has_marketing=True)],
    ),
    Row(
        "each request may be confirmed",
        [form(), stop(), stop("2026-05-04", "r2")],
        OUT,
        R.STOP,
        [],
        [
            sent("2026-05-01T15:01", is_confirmation=True, record="1"),
            sent("2026-05-04T00:01", is_confirmation=True, record="2"),
        ],
    ),
    Row(
        "a message of unknown text at once is taken for the confirmation",
        [form(), stop()],
        OUT,
        R.STOP,
        [],
        [sent("2026-05-01T15:01", is_confirmation=None)],
    ),
    Row(
        "a message of unknown text later is not",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.POST_STOP_SEND],
        [sent("2026-05-01T15:06", is_confirmation=None)],
    ),
    Row(
        "the sender that was told STOP went on",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.PER_SE_KEYWORD_MISSED, C.POST_STOP_SEND],
        [sent("2026-05-01T15:06", sender="s1", went_through=True)],
    ),
    Row(
        "another sender went on",
        [form(), stop()],
        OUT,
        R.STOP,
        [C.POST_STOP_SEND],
        [sent("2026-05-01T15:06", sender="S9", went_through=True)],
    ),
    Row("a message to somebody who opted in", [form()], IN, R.FORM, [], [sent("2026-05-01")]),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_rule(row):
    assert_row(row)
