"""A large ledger for the benchmarks, made by the database itself: numbers, histories, what the systems believe.

Histories are random but lifelike: forms, STARTs, STOPs to senders, YESes, staff notes, calls that staff logged,
three programs of which two share a sender. Systems mostly believe what the history says; PLANTED of their
readings are wrong. Rows stand in the order of time, so a number's records lie far apart, as in a real ledger.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from backoffice.models import System
from consent.models import Program, Sender, Wording

PLANTED = 0.01
PROGRAMS = {"promo": ["+14155550100"], "alerts": ["+14155550101"], "news": ["+14155550101", "24365"]}
SYSTEMS = {
    "acme": System.Kind.CRM,
    "texter": System.Kind.PLATFORM,
    "carrier": System.Kind.PROVIDER,
    "forms": System.Kind.FORM,
    "replies": System.Kind.REPLIES,
}


def small_tables() -> None:
    """Programs, senders, wordings and systems."""
    for code, senders in PROGRAMS.items():
        program, _ = Program.objects.get_or_create(code=code, defaults={"name": code.title()})
        program.senders.set(Sender.objects.get_or_create(address=address)[0] for address in senders)
        Wording.objects.get_or_create(code=f"{code}-1", defaults={"program": program, "text": "I agree"})
    for slug, kind in SYSTEMS.items():
        System.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "kind": kind})


def seed(numbers: int) -> None:
    """`numbers` numbers with about six records and two and a half readings each, analysed and vacuumed."""
    small_tables()
    with connection.cursor() as cursor, without_indexes("consent_number"):
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(_NUMBERS, [numbers])
    with connection.cursor() as cursor, without_indexes("consent_consentrecord", "consent_reading"):
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(_RECORDS)
        cursor.execute(_BELIEFS, [PLANTED])
    vacuum()


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def without_indexes(*tables: str) -> Iterator[None]:
    """Fill tables first and index them afterwards: the benchmarks measure the tables, not their filling."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS "
            "(SELECT FROM pg_constraint WHERE conname = indexname)",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET session_replication_role = replica")  # no check of foreign keys
        yield
        cursor.execute("SET session_replication_role = origin")
        for _, definition in indexes:
            cursor.execute(definition)


AREAS = [201, 212, 303, 404, 512, 617, 702, 818]


def e164_of(place: int) -> str:
    """The number in this place of the ledger: a valid one, spread over the area codes."""
    return f"+1{AREAS[place % 8]}{2_000_000 + place * 7919 % 8_000_000}"


_NUMBERS = """
INSERT INTO consent_number (e164, region, line_type)
SELECT '+1' || (ARRAY[201, 212, 303, 404, 512, 617, 702, 818])[i %% 8 + 1] || (2000000 + i::bigint * 7919 %% 8000000),
    'US', 'FIXED_LINE_OR_MOBILE'
FROM generate_series(0, %s - 1) AS i
"""

_RECORDS = """
INSERT INTO consent_consentrecord (
    number_id, act, kind, program_id, for_all_programs, sender, occurred_at, precision, occurred_text, zone,
    spread_seconds, received_at, stream, clock, wording_id, wording_note, answers_prompt, exempt_answer,
    clarification, copied_time, has_reference, reference, proof, proof_sha256, words, system_id, source_event_id)
SELECT number_id,
    (ARRAY['grant', 'grant', 'revoke', 'revoke', 'confirm', 'assert_in', 'assert_none', 'revoke'])[what],
    (ARRAY['form', 'handset', 'keyword', 'channel_logged', 'handset', 'staff', 'freetext', 'form'])[what],
    CASE WHEN what NOT IN (3, 4, 7) THEN program_id END,
    what = 4,
    CASE WHEN what NOT IN (2, 3, 5, 7) THEN '' WHEN place = 1 THEN '+14155550100'
        WHEN place = 2 OR number_id % 2 = 0 THEN '+14155550101' ELSE '24365' END,
    at, 'second', '', '', 0, at + interval '1 minute', '',
    CASE WHEN what IN (2, 3, 5, 7) THEN 'replies' ELSE '' END,
    CASE WHEN what = 1 THEN wording_id END, '', CASE WHEN what = 5 THEN true END, false, '', false, what = 4,
    CASE WHEN what = 4 THEN 'call ' || number_id ELSE '' END, '', '', CASE WHEN what = 3 THEN 'STOP' ELSE '' END,
    CASE WHEN what IN (1, 8) THEN forms ELSE replies END, md5(number_id || ' ' || nth)
FROM (
    SELECT n.id AS number_id, nth, p.id AS program_id, h.place, w.id AS wording_id, forms, replies,
        timestamptz '2023-01-01 00:00Z' + nth * interval '80 days'
            + floor(random() * 6000000) * interval '1 second' AS at,
        CASE WHEN nth = 0 OR u < 0.56 THEN 1 WHEN u < 0.70 THEN 2 WHEN u < 0.90 THEN 3 WHEN u < 0.94 THEN 4
            WHEN u < 0.95 THEN 5 WHEN u < 0.96 THEN 6 WHEN u < 0.961 THEN 7 ELSE 8 END AS what
    FROM (
        SELECT id, 3 + floor(random() * 7)::int AS records FROM consent_number OFFSET 0
    ) AS n
    CROSS JOIN LATERAL (
        SELECT nth, random() AS u, 1 + floor(random() * random() * 3)::int AS place
        FROM generate_series(0, n.records - 1) AS nth
    ) AS h
    JOIN consent_program AS p ON p.code = (ARRAY['promo', 'alerts', 'news'])[h.place]
    JOIN consent_wording AS w ON w.program_id = p.id
    CROSS JOIN (
        SELECT max(id) FILTER (WHERE slug = 'forms') AS forms, max(id) FILTER (WHERE slug = 'replies') AS replies
        FROM backoffice_system
    ) AS s
) AS history
ORDER BY at
"""

# What the history says, told in SQL for the seed alone: in, if there is a grant and no revocation after the
# last message from the phone. It need not be exact: where it is not, it plants one more mismatch.
_BELIEFS = """
INSERT INTO consent_reading (
    number_id, program_id, system_id, ref, value, text, claimed_at, claimed_precision, claimed_text, read_at)
SELECT number_id, program_id, s.id, CASE WHEN s.kind = 'provider' THEN '' ELSE s.slug || number_id END,
    CASE WHEN is_in = (random() > %s) THEN 'in' WHEN s.kind = 'crm' THEN 'never' ELSE 'out' END,
    '', NULL, 'second', '', timestamptz '2026-02-01 00:00Z' + s.id * interval '1 hour'
FROM (
    SELECT r.number_id, p.id AS program_id,
        coalesce(bool_or(r.act IN ('grant', 'confirm') AND r.program_id = p.id), false) AND
        coalesce(max(r.occurred_at) FILTER (WHERE r.act = 'revoke' AND (
            r.for_all_programs OR r.program_id = p.id OR r.sender = ANY(p.senders))), '1900-01-01')
        < coalesce(max(r.occurred_at) FILTER (WHERE r.kind = 'handset' AND r.program_id = p.id),
            '1901-01-01') AS is_in
    FROM consent_consentrecord AS r
    CROSS JOIN (
        SELECT p.id, array_agg(s.address)::text[] AS senders
        FROM consent_program AS p
        JOIN consent_program_senders AS l ON l.program_id = p.id
        JOIN consent_sender AS s ON s.id = l.sender_id
        GROUP BY p.id
    ) AS p
    GROUP BY r.number_id, p.id
    HAVING bool_or(r.act = 'grant' AND r.program_id = p.id)
) AS truth
JOIN backoffice_system AS s ON s.slug IN ('acme', 'texter') OR (s.slug = 'carrier' AND number_id %% 4 = 0)
ORDER BY s.id, number_id
"""
