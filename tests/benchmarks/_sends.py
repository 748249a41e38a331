"""A large send log for the benchmarks, made by the database itself: a year of attempts, in the order of time.

Lifelike enough for indexes and groups: half of the sends are of a few campaigns that never end, half of some that last
a day; a campaign goes to a few countries, a country has its carriers and, mostly, its provider. Nights are quieter than
days, one blast fills an hour with a hundredth of all sends, and on the last full day a slice fails. A quarter of the
rows still has its text. There are no reports: nothing that is measured on this log reads them.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.utils import timezone

from errors.models import SendAttempt
from tests.benchmarks import _ledger

DAYS = 365
BLAST = 0.01  # of all sends in one hour
FAULT = {"country": "GB", "campaign": "campaign 003"}  # fails on the last full day
PER_NUMBER = 8


def today() -> datetime:
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def blast_hour() -> datetime:
    """The busiest hour of the log."""
    return today() - timedelta(days=20) + timedelta(hours=15)


def seed(attempts: int) -> None:
    """`attempts` sends to an eighth as many numbers, up to last midnight (UTC); analysed and vacuumed."""
    with connection.cursor() as cursor, _ledger.without_indexes("consent_number"):
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute("SELECT count(*) FROM consent_number")
        if not cursor.fetchone()[0]:
            cursor.execute(_ledger._NUMBERS, [max(1, attempts // PER_NUMBER)])
    names, expressions = zip(*(_COLUMNS | _defaults()).items(), strict=True)
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor, _ledger.without_indexes("errors_sendattempt"):
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(
            f"INSERT INTO errors_sendattempt ({columns}) SELECT {', '.join(expressions)} FROM ({_SENDS}) AS s "
            "ORDER BY at",
            {
                "attempts": attempts,
                "blast": BLAST,
                "start": today() - timedelta(days=DAYS),
                "at": blast_hour(),
            }
            | {"days": DAYS, "yesterday": today() - timedelta(days=1), **FAULT},
        )
        assert cursor.rowcount == attempts
    _ledger.vacuum()


def _defaults() -> dict[str, str]:
    """Django keeps most defaults in Python; an INSERT has to bring them along."""
    found = {}
    for field in SendAttempt._meta.concrete_fields:
        if field.primary_key or field.null or field.column in _COLUMNS:
            continue
        if isinstance(field, models.JSONField):
            found[field.column] = "'{}'::jsonb"
        else:
            found[field.column] = "false" if field.get_default() is False else "''"
    return found


_COLUMNS = {
    "key": "md5('attempt ' || i)::uuid",
    "provider": "provider",
    "message_ref": "'SM' || md5('ref ' || i)",
    "ref_number": "hashtextextended('ref ' || i, 0)",
    "number_id": "number_id",
    "sender": "'+1' || (2000000000 + provider_number * 7 + country_number * 3 + campaign_number %% 4)",
    "country": "country",
    "carrier": "country || ' carrier ' || carrier_number",
    "campaign": "campaign",
    "template": "'template ' || campaign_number %% 200",
    "body": "CASE WHEN at > %(yesterday)s - interval '90 days' THEN "
    "'Hello ' || i || ', your order is ready. Come by until six. Reply STOP to opt out.' ELSE '' END",
    "body_hash": "hashtextextended(campaign, 0)",
    "encoding": "CASE WHEN campaign_number %% 7 = 0 THEN 'UCS-2' ELSE 'GSM-7' END",
    "segments": "1 + campaign_number %% 3",
    "units": "70",
    "submitted_at": "at",
    "status": "CASE WHEN failed THEN 'undelivered' WHEN fate > 0.97 THEN 'sent' ELSE 'delivered' END",
    "is_failed": "failed",
    "error_code": "CASE WHEN failed THEN (30001 + floor(60 * fate)::int %% 60)::text ELSE '' END",
    "status_at": "at + interval '4 seconds'",
}
# Carriers, countries and campaigns have rates of their own; the fault comes on top.
_SENDS = """
SELECT *, fail < 0.01 + 0.01 * carrier_number + 0.02 * (country_number %% 3) + 0.02 * (campaign_number %% 11 = 0)::int
    + CASE WHEN country = %(country)s AND campaign = %(campaign)s AND at >= %(yesterday)s THEN 0.5 ELSE 0 END AS failed
FROM (
    SELECT *, (ARRAY['US', 'CA', 'GB', 'DE', 'PH', 'IN', 'MX', 'BR'])[country_number] AS country,
        (ARRAY['twilio', 'vonage', 'plivo', 'aws'])[provider_number] AS provider,
        'campaign ' || lpad(campaign_number::text, 3, '0') AS campaign
    FROM (
        SELECT *, 1 + (country_number + (luck < 0.1)::int) %% 4 AS provider_number
        FROM (
            SELECT *, 1 + (campaign_number * 3 + floor(3 * power(random(), 2))::int) %% 8 AS country_number
            FROM (
                SELECT *, CASE WHEN always THEN floor(random() * 8)::int
                    ELSE 8 + (date_part('doy', at)::int * 5 + floor(random() * 6)::int) %% 592 END AS campaign_number
                FROM (
                    SELECT i, fail, fate, always, luck, 1 + floor(6 * power(random(), 2))::int AS carrier_number,
                        least_number + floor(random() * numbers)::bigint AS number_id,
                        CASE WHEN blast THEN %(at)s + random() * interval '3599 seconds' ELSE
                            %(start)s + floor(random() * %(days)s) * interval '1 day'
                            + (14 + 6 * (random() + random() + random() - 1.5)) * interval '3599 seconds' END AS at
                    FROM (
                        SELECT i, random() AS fail, random() AS fate, random() AS luck, random() < 0.5 AS always,
                            random() < %(blast)s AS blast
                        FROM generate_series(1, %(attempts)s) AS i
                        OFFSET 0
                    ) AS drawn
                    CROSS JOIN (SELECT min(id) AS least_number, count(*) AS numbers FROM consent_number) AS known
                    OFFSET 0
                ) AS timed
                OFFSET 0
            ) AS told
            OFFSET 0
        ) AS placed
        OFFSET 0
    ) AS sent
) AS named
"""
