"""A system of the outside world as it really behaves: a small HTTP server in a process of its own.

It keeps one value per number, and it misbehaves on request, for one number or for all:

    ok            does what it is told
    slow          answers after `seconds`
    refuse_429    asks to come back in `seconds` (Retry-After), applies nothing
    error_500     applies, then answers 500
    drop          applies, then closes the connection without an answer
    drop_before   closes the connection and applies nothing
    ignore        says 200 and applies nothing
    error_inside  says 200 with an error in the body, applies nothing
    login_page    says 200 with a web page, applies nothing
    huge          applies, and answers without end
    drip          applies, and answers ten bytes a second
    locked        says 401
    missing       says 404

    PUT  /numbers/{number}   {"sms": "in"|"out"}      writes; Idempotency-Key: the same key is applied once
    GET  /numbers/{number}                            {"sms": …}; an unknown number reads `unknown_reads`
    POST /holds/{number}     DELETE /holds/{number}   pauses and resumes journeys
    POST /token                                       OAuth client credentials
    POST /control/behave     {"number": null|"+1…", "mode": "…", "times": null|3, "seconds": 1}
    POST /control/set        {"number": "+1…", "value": "in"}    somebody else writes: the last writer wins
    POST /control/nightly                             a sync of its own: every value is as it was at first
    GET  /control/state

Each request stands in the log, one JSON object a line, flushed to the disk before it is answered. Start one by hand
with `python -m tests.double --port 8700 --log double.jsonl`, in tests with the fixture `double`.
"""

from tests.double.client import Double

__all__ = ["Double"]
