"""Every code the check knows: messages that must have it, and look-alikes that must not."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors.preflight import Code, Consent, Finding, Media, Purpose
from tests.errors.preflight.make import BRITISH, FRENCH, GERMAN, INDIAN, MARKETING, SALE, codes, sent

CASES = Path(__file__).parents[2] / "cases"
OTP = {"purpose": Purpose.OTP, "body": "Your Acme code is 493021."}


def text(*bodies: str) -> list[dict]:
    return [{"body": f"Acme: {body}"} for body in bodies]


def bare(*bodies: str) -> list[dict]:
    return [{"body": body} for body in bodies]


def sale(*bodies: str, **changes) -> list[dict]:
    return [{"purpose": Purpose.MARKETING, "body": body} | changes for body in bodies]


def to(*numbers: str, **changes) -> list[dict]:
    return [{"to": number} | changes for number in numbers]


def name(*names: str, **changes) -> list[dict]:
    return [{"sender": sender} | GERMAN | changes for sender in names]


def at(*times: str, **changes) -> list[dict]:
    return [MARKETING | {"at": datetime.fromisoformat(time)} | changes for time in times]


EMIRATES = {"to": "+971501234567", "country": "AE"}
SAUDI = {"to": "+966512345678", "country": "SA"}
IRISH = {"to": "+353851234567", "country": "IE", "sender": "ACME"}
PICTURE = Media("image/jpeg", 200_000)

# code: (messages that have it, look-alikes that do not)
TABLE: dict[str, tuple[list[dict], list[dict]]] = {
    "to.empty": (to("", "  ", "\u200b"), to("+14155552671")),
    "to.invalid": (
        to("abc", "415555267", "+1415555267100", "+999123456", "0000000000", "call me"),
        [*to("(415) 555-2671", "415.555.2671", "tel:+14155552671", " +1 415 555 2671 "), *to("")],
    ),
    "to.no_country": (
        to("0612345678", "4155552671", "0044 7400 123456", country=None),
        to("+14155552671", country=None),
    ),
    "to.multiple": (to("+14155552671;+14155552672", "415-555-2671 / 415-555-2672"), to("+1 (415) 555-2671")),
    "to.short_code": (
        [*to("12345", "911"), *to("999", "60777", country="GB"), *to("112", country="DE")],
        to("+14155552671"),
    ),
    "to.scientific": (to("4.15556E+09", "1.41556e+10", "4.155552671E+09"), to("4155552671.0")),
    "to.landline": (
        [*to("020 7123 4567", country="GB"), *to("030 901820", country="DE")],
        [*to("+14155552671"), *to("07400 123456", country="GB")],
    ),
    "to.toll_free": (to("+18003569377", "888-356-9377"), to("+18085552671")),
    "to.premium": ([*to("+19005551234"), *to("0900 123456", country="NL")], to("+19085552671")),
    "to.fictitious": (to("(415) 555-0123"), to("+14155552671", "+18005550123")),
    "to.extension": (to("+1 415 555 2671 x12", "415-555-2671 ext. 9"), to("+14155552671")),
    "to.country_mismatch": (to("+447400123456", "+18765552671"), [*to("+14155552671", country=None), GERMAN]),
    "to.blocked_country": (
        [*to("+98 912 345 6789", country="IR"), *to("+5355512345", country=None), *to("", country="KP")],
        to("+971501234567", country="AE"),
    ),
    "to.same_as_sender": (
        [*to("+14155550100", "(415) 555-0100"), {"sender": "(415) 555-2671"}],
        to("+14155552671"),
    ),
    "sender.empty": (name("", "   "), name("ACME")),
    "sender.invalid": (name("+1415", "++4915112345678", "+abc"), name("+4915112345679", "00447400654321")),
    "sender.alpha_too_long": (name("AcmeCompany1", "Acme Company"), name("AcmeCompany")),
    "sender.alpha_charset": (
        [*name("Café", "ACME!", "АСМЕ", "acme\u200b"), *name("A&B", provider="telnyx")],
        name("Acme 24", "A-B_C+D", "A&B"),
    ),
    "sender.alpha_no_letter": (name("1234567", "12345678901", "12-34"), name("4U", "60777", "アクメ")),
    "sender.alpha_unsupported": (
        [
            {"sender": "ACME"},
            *to("+16045552671", country="CA", sender="ACME"),
            *to("+573001234567", sender="ACME"),
        ],
        [*name("ACME"), *name("ACME", to="+34612345678", country="ES"), {"sender": "72000"}],
    ),
    "sender.alpha_generic": (
        name("Info", "VERIFY", "sms", "no-reply"),
        name("Infotech", "Alertex", "Acme Info"),
    ),
    "sender.registration_required": (
        [IRISH | {"sender_registered": None}, {"sender_registered": None}],
        [
            IRISH,
            *name("ACME", sender_registered=None),
            BRITISH | {"sender": "ACME", "sender_registered": None},
        ],
    ),
    "sender.unregistered": (
        [
            {"sender_registered": False},
            {"sender": "+18885550100", "sender_registered": False},
            IRISH | {"sender_registered": False},
        ],
        [
            {"sender_registered": None},
            name("ACME", sender_registered=False)[0],
            BRITISH | {"sender_registered": False},
        ],
    ),
    "sender.foreign_numeric": (
        [BRITISH | {"sender": "+14155550100"}, SAUDI | {"sender": "+14155550100"}],
        [BRITISH, GERMAN, {"sender": "+447400654321"}],
    ),
    "sender.foreign_short_code": (
        [BRITISH | {"sender": "12345"}, BRITISH | {"sender": "256447"}, {"sender": "12345"}],
        [
            BRITISH | {"sender": "60777"},
            {"sender": "72000"},
            {"sender": "256447"},
            INDIAN | {"sender": "612345"},
        ],
    ),
    "sender.ad_affix": (
        [EMIRATES | MARKETING | {"sender": "ACME"}, SAUDI | MARKETING | {"sender": "AD-ACME"}],
        [
            EMIRATES | MARKETING | {"sender": "AD-ACME"},
            SAUDI | MARKETING | {"sender": "ACME-AD"},
            EMIRATES | {"sender": "ACME"},
        ],
    ),
    "sender.india_header": (
        [
            INDIAN | {"sender": "ACME"},
            INDIAN | {"sender": "612345"},
            INDIAN | MARKETING | {"sender": "ACMEIN"},
        ],
        [
            INDIAN | {"sender": "ACMEIN"},
            INDIAN | {"sender": "VM-ACMEIN"},
            INDIAN | MARKETING | {"sender": "612345"},
            INDIAN,
        ],
    ),
    "sender.one_way": (
        [
            BRITISH | {"sender": "ACME", "body": body}
            for body in ("Reply YES to confirm", "Please text us back")
        ],
        [
            {"body": "Acme: reply YES to confirm"},
            *[
                BRITISH | {"sender": "ACME", "body": body}
                for body in ("Please do not reply to this message", "Text YES to 60777", "Your reply arrived")
            ],
        ],
    ),
    "body.empty": (bare("", " \n", "\u200b\ufeff"), [*text("x"), {"body": "", "media": (PICTURE,)}]),
    "body.too_long": (
        [
            {"body": "a" * 1601},
            {"body": "中" * 671, "provider": "telnyx"},
            {"body": "a" * 1531, "provider": "telnyx"},
            {"body": "中" * 738, "provider": "plivo"},
            {"body": "\U0001f600" * 801},
        ],
        [
            {"body": "a" * 1600},
            {"body": "中" * 670, "provider": "telnyx"},
            {"body": "中" * 737, "provider": "plivo"},
            {"body": "中" * 630, "provider": "aws"},
        ],
    ),
    "body.segments": (
        [{"body": "a" * 460}, {"body": "中" * 202}],
        [{"body": "a" * 459}, {"body": "中" * 201}],
    ),
    "body.ucs2": (text("it’s", "código", "`x`", "🎉", "a\tb"), text("£5 é ñ Ç {€}", "a\r\nb")),
    "body.ucs2_costly": (
        text("it’s " + "x" * 70, "“" + "x" * 146, "x\u00a0" + "y" * 80),
        text("it’s", "🎉 it’s " + "x" * 70, "código " + "x" * 70, "Привет " * 12),
    ),
    "body.invisible": (
        text("a\u200bb", "a\u00a0b", "a\u00adb", "\u202eabc", "\ufeffa", "a\u200db"),
        text("👩‍💻", "می‌خواهم", "\u200fשלום", "a b"),
    ),
    "body.control": (text("a\x00b", "a\x1bb", "a\x7f", "a\x0cb"), text("a\nb", "a\r\nb", "a\tb")),
    "body.ill_formed": (text("\ud83d", "\ude00x"), text("\U0001f600")),
    "body.placeholder": (
        bare(
            *[
                f"Hi {field}, Acme: ready"
                for field in ("{first_name}", "{{ name }}", "%FIRSTNAME%", "[First Name]")
            ],
            *[
                f"Hi {field}, Acme: ready"
                for field in ("<<Name>>", "*|FNAME|*", "%%First Name%%", "${name}", "{0}")
            ],
            *[
                f"Hi {field}, Acme: ready"
                for field in ("<%= name %>", "{Name}", "<first name>", "#{name}", "$first_name")
            ],
            *[
                f"Hi {field}, Acme: ready"
                for field in (
                    "{#var#}",
                    "%user.name%",
                    "{$name}",
                    "|*NAME*|",
                    "#NAME#",
                    "%1$s",
                    "{prénom}",
                    "[Vorname]",
                )
            ],
            "{% if x %}Acme",
            "Acme: see [link]",
            "Hi {{name, Acme: ready",
            "Hi @contact.name, Acme: ready",
        ),
        text(
            "ref {AB-12} [paid]",
            "20% off and 30% off",
            "I <3 you",
            "code {SAVE20}",
            "use $AVE20",
            "<b>x</b>",
            "[2/3]",
            "#SALE #NOW",
            "mail us @contact",
        ),
    ),
    "body.blank_merge": (
        bare(
            *[f"Hi {word}, Acme: ready" for word in ("null", "None", "undefined", "nan", "NULL", "(null)")],
            "Hi , Acme: ready",
            "Dear , Acme: ready",
            "Dear Mr. , Acme: ready",
            "Acme: your code is .",
            "Acme: order # is ready",
            "Acme: result: None",
            "Bonjour , Acme : c'est bon",
        )
        + [{"values": {"first name": " "}}],
        bare(
            "Hi, Acme: ready",
            "Hello! Acme: ready",
            "Acme: None of your items shipped",
            "Acme: null and void",
            "Acme: Nan's kitchen is open",
            "Acme: come on, hurry!",
            "Bonjour ! Acme: c'est bon",
        )
        + [{"values": {"first name": "Ana"}}],
    ),
    "body.mojibake": (
        text("itâ€™s", "cafÃ©", "Â£5", "ï»¿x", "caf\ufffd", "ÐŸÑ€Ð¸Ð²ÐµÑ‚"),
        text("São Paulo", "ÄÖÜ", "âge", "ÉTÉ\u00a0!", "«Été»", "Việt Nam", "ÑANDÚ"),
    ),
    "body.caps": (
        bare("ACME: YOUR ORDER IS READY FOR PICKUP", "EVERYTHING MUST GO TODAY"),
        bare("ACME: ready", "Acme: HTTPS://ACME.EXAMPLE/S", "Acme: order #ABCDEFGHIJKLMNOP is ready"),
    ),
    "body.spammy": (text("$$$", "win!!!", "FREE pizza", "act now"), text("free parking", "ready!", "$20")),
    "link.shortener": (
        text(
            "bit.ly/3abc",
            "https://tinyurl.com/x",
            "HTTPS://BIT.LY/X",
            "https://www.bit.ly/x",
            "cutt.ly/a",
            "sale:bit.ly/a",
        ),
        text(
            "https://rabbit.lyon.example/s",
            "orbit.ly/x",
            "https://acme.example/?u=bit.ly/x",
            "bob@bit.ly",
            "at 9:30.to be sure",
        ),
    ),
    "link.malformed": (
        text(
            "htps://acme.example",
            "http//acme.example",
            "https:/acme.example",
            "https:acme.example",
            "https://acme",
            "https://https://acme.example",
            "https:// acme.example",
            "https://acme..example",
            "www,acme.com",
            "www..acme.com",
            "https://acme.example:99999/",
            "https://",
        ),
        text(
            "https://acme.example/a.",
            "(www.acme.example)",
            "Mon.-Fri. us.Reply",
            "9/11",
            "https://x.io:8080/",
        ),
    ),
    "link.insecure": (text("http://acme.example"), text("https://acme.example", "acme.example/http")),
    "link.ip": (text("http://203.0.113.5/x", "8.8.8.8/x"), text("version 1.2.3.4", "https://1.acme.example")),
    "link.idn": (
        text("https://xn--acm-dma.example", "https://acmé.example", "https://аcme.example"),
        text("https://acme.example/é"),
    ),
    "link.credentials": (
        text("https://bob:pw@acme.example", "https://bob@acme.example"),
        text("https://x.example/@bob", "bob@acme.example", "https://acme.example/?e=bob@x.example"),
    ),
    "link.localhost": (
        text(
            "http://localhost/x",
            "localhost:8000/x",
            "https://dev.acme.local/x",
            "http://192.168.1.10",
            "http://[::1]/",
        ),
        text("https://local.example/x", "http://203.0.113.5/x"),
    ),
    "optout.missing": (
        sale(
            "Acme: 20% off",
            "Acme: don't stop the party! 20% off",
            "Acme: STOP paying too much!",
            "Acme: non-stop flights",
            "Acme: the end of season sale",
        ),
        [
            *sale(
                SALE,
                "Acme: 20% off. STOP2END",
                "Acme: 20% off. Txt STOP to end",
                "Acme: -20%. STOP au 36180",
                "Acme: responde BAJA",
                "Acme: Zum Abmelden: acme.example/a",
                "Acme: 20% off. Opt out: acme.example/o",
                "Acme: 20% off. ARRET pour arreter",
            ),
            *sale(
                "Acme: -20%. Désinscription : acme.example/d",
                "Acme: -20%. STOP SMS 36180",
                "Acme: 20% off. Stop2End",
                "Acme: 20% off. Reply NO to stop",
                "Acme: 20% off. Text REMOVE.",
                "Acme: rabat. Odpisz STOP, aby zrezygnować",
                "Acme: indirim. Iptal icin IPTAL yazin",
                "Acme: скидка. Отписаться: acme.example/u",
                "Acme: sale. 回复TD退订",
                "Acme: sale. 配信停止: acme.example/u",
                "Acme: sale. לְהַסָרָה השב הסר",
            ),
            *text("your order is ready"),
        ],
    ),
    "optout.unreachable": (
        [
            *sale(
                "Sale. Reply STOP to opt out",
                "Sale. STOP to end",
                "Soldes. Répondez STOP",
                **BRITISH | {"sender": "ACME"},
            ),
            BRITISH | {"sender": "ACME", "body": "Acme: it shipped. Reply STOP to opt out"},
        ],
        [
            *sale(
                "Sale. Text STOP to 60777", "Sale. Opt out: acme.example/o", **BRITISH | {"sender": "ACME"}
            ),
            *sale("Soldes. STOP au 36180", **FRENCH),
            *sale(SALE),
        ],
    ),
    "optout.fr_short_code": (
        sale(
            "ACME: soldes. STOP",
            "ACME: soldes. Répondez STOP",
            "ACME: soldes. Se désabonner : acme.example/d",
            **FRENCH,
        ),
        [*sale("ACME: soldes. STOP 36180", "ACME: soldes. STOP au 36 180", **FRENCH), *sale(SALE)],
    ),
    "brand.missing": (
        bare(
            "Your order is ready",
            "Hi Ana, your order is ready",
            "20% off today only",
            "Reminder: see you at 5 PM",
        ),
        [
            *bare(
                "Your Acme order is ready",
                "Hello! Acme: ready",
                "[Acme] ready",
                "Ready. -Acme",
                "您的订单",
                "Acme is here",
            ),
            {"body": "ready at acme", "brand": "Acme"},
            *name("ACME", body="Your order is ready"),
        ],
    ),
    "content.sex": (
        text("hot singles xxx pics", "porn", "adult toys"),
        text("Essex", "love you xxx", "nude heels"),
    ),
    "content.alcohol": (
        text("beer night", "wine tasting", "vodka specials", "gin sale"),
        text(
            "root beer",
            "ginger beer",
            "wine red dress",
            "cocktail dress",
            "swine flu shots",
            "alcohol-free gel",
            "beer-battered fish",
        ),
    ),
    "content.firearms": (
        text("gun sale", "ammo in stock", "AR-15"),
        text("Nerf guns and water pistols", "glue gun", "begun", "massage gun", "Gunther"),
    ),
    "content.tobacco": (
        text("cigars", "vape juice"),
        text("quit smoking program", "smoke-free", "smoked salmon"),
    ),
    "content.cannabis": (
        text("CBD oil", "THC gummies", "weed delivery"),
        [*text("weed killer", "seaweed snacks"), {"body": "ACME: near the CBD, CBD oil", **GERMAN}],
    ),
    "content.gambling": (
        text("casino night", "free spins", "sports betting", "bet now"),
        text("you bet!", "time slots", "alphabet"),
    ),
    "content.loans": (
        text("payday loan", "no credit check", "debt relief", "get out of debt", "bad credit? no problem!"),
        text("your library loan is due", "loaner car", "alone", "payday is Friday"),
    ),
    "content.crypto": (
        text("Bitcoin", "crypto wallet", "buy ETH now"),
        text("cryptic crossword", "encrypted", "coin laundry"),
    ),
    "content.sensitive": (
        text(
            "card 4111 1111 1111 1111",
            "amex 378282246310005",
            "SSN 123-45-6789",
            "your password is hunter2",
            "DOB 03/04/1985",
            "born on March 4, 1985",
        ),
        [
            *text(
                "tracking 1Z999AA10123456784",
                "4111111111111112",
                "IMEI 356938035643809",
                "9400110200881234567890",
                "card ending 1111",
                "reset your password",
                "password is required",
                "see you on 03/04/2026",
                "call 415-555-2671",
            ),
            OTP,
        ],
    ),
    "time.quiet_hours": (
        [
            *at("2026-03-10T07:59", "2026-03-10T21:00"),
            *at("2026-03-10T20:00", state="FL"),
            *at("2026-03-10T20:30", to="+13055552671"),
            *at("2026-03-15T11:59", state="TX"),
            *at("2026-03-10T08:30", state="CT"),
            *at("2026-03-11T04:00+00:00"),
            *at("2026-03-10T22:00", **INDIAN),
            *at("2026-03-10T11:59+00:00", to="+17875552671", country="PR"),
        ],
        [
            *at("2026-03-10T08:00", "2026-03-10T20:59"),
            *at("2026-03-15T12:00", state="TX"),
            *at("2026-03-11T03:30+00:00"),
            *at("2026-03-10T20:30", state="CT"),
            *at("2026-03-10T08:30", state="MN"),
            *at("2026-03-10T03:00", purpose=Purpose.OTP),
            *at("2026-03-10T12:00+00:00", to="+17875552671", country="PR"),
        ],
    ),
    "time.quiet_hours_warn": (
        [
            {"at": datetime(2026, 3, 10, 3)},
            *at("2026-03-10T20:30", state="CT"),
            *at("2026-03-10T08:30", state="MN"),
            *at("2026-03-10T23:00", **GERMAN),
            *at("2026-03-10T21:00", **FRENCH),
        ],
        [
            {"at": datetime(2026, 3, 10, 20, 59)},
            *at("2026-03-10T20:30"),
            OTP | {"at": datetime(2026, 3, 10, 3)},
        ],
    ),
    "time.sunday": (
        [*at("2026-03-15T12:00", state="AL"), *at("2026-03-15T12:00", **FRENCH)],
        [
            *at("2026-03-15T12:00", state="NY"),
            *at("2026-03-14T12:00", state="AL"),
            *at("2026-03-15T12:00", **GERMAN),
        ],
    ),
    "time.holiday": (
        [
            *at("2026-07-14T12:00", **FRENCH),
            *at("2026-04-06T12:00", **FRENCH),
            *at("2026-05-25T12:00", state="LA"),
        ],
        [
            *at("2026-07-14T12:00", state="LA"),
            *at("2026-12-25T12:00", state="WA"),
            *at("2026-07-04T12:00", **FRENCH),
        ],
    ),
    "time.zone_unknown": (
        [
            *at("2026-03-10T12:30+00:00", to="+18505552671"),
            *at("2026-03-10T12:00", to="+15005550006"),
            *at("2026-03-10T12:00", to="+870773111632", country=None),
        ],
        [
            *at("2026-03-10T17:00+00:00", to="+18505552671"),
            *at("2026-03-10T12:30+00:00", to="+13055552671", state="FL"),
            *at("2026-03-10T20:30+00:00", to="+447400123456"),
        ],
    ),
    "time.past": (
        [{"now": datetime(2026, 3, 10, 12, 1)}],
        [
            {"now": datetime(2026, 3, 10, 11, 59)},
            {"now": None},
            {"at": None, "now": datetime(2026, 3, 10, 12)},
        ],
    ),
    "time.frequency": (
        [MARKETING | {"recent": [sent(body=str(turn)) for turn in range(3)]}],
        [
            MARKETING | {"recent": [sent(body=str(turn)) for turn in range(2)]},
            MARKETING | {"recent": [sent(at=datetime(2026, 3, 9, 11, turn)) for turn in range(3)]},
            MARKETING | {"recent": [sent(purpose=Purpose.OTP) for _ in range(3)]},
            {"recent": [sent(body=str(turn)) for turn in range(3)]},
        ],
    ),
    "consent.opted_out": (
        [{"consent": Consent.OPTED_OUT}, OTP | {"consent": Consent.OPTED_OUT}],
        [{"consent": Consent.NONE}, MARKETING],
    ),
    "consent.missing": ([MARKETING | {"consent": Consent.NONE}], [{"consent": Consent.NONE}, MARKETING]),
    "consent.pending": ([MARKETING | {"consent": Consent.PENDING}], [{"consent": Consent.PENDING}]),
    "consent.older_than_optout": (
        [
            {"consent_at": datetime(2025, 1, 1), "opted_out_at": datetime(2025, 6, 1)},
            # of two clocks one tells no zone: on some spot on earth the opt-out came last
            {"consent_at": datetime(2025, 6, 2, 13), "opted_out_at": datetime(2025, 6, 1, 23, tzinfo=UTC)},
            {"consent_at": datetime(2025, 6, 2, 11, tzinfo=UTC), "opted_out_at": datetime(2025, 6, 1, 23)},
        ],
        [
            {"consent_at": datetime(2025, 6, 2, 13, 1), "opted_out_at": datetime(2025, 6, 1, 23, tzinfo=UTC)},
            {"consent_at": datetime(2025, 6, 2, 11, 1, tzinfo=UTC), "opted_out_at": datetime(2025, 6, 1, 23)},
            {"consent_at": datetime(2025, 7, 1), "opted_out_at": datetime(2025, 6, 1)},
            {"consent_at": datetime(2025, 7, 1)},
        ],
    ),
    "consent.wrong_channel": (
        [MARKETING | {"consent": Consent.OTHER_CHANNEL}],
        [{"consent": Consent.OTHER_CHANNEL}],
    ),
    "consent.transactional_only": (
        [MARKETING | {"consent": Consent.TRANSACTIONAL}],
        [{"consent": Consent.TRANSACTIONAL}, OTP | {"consent": Consent.TRANSACTIONAL}],
    ),
    "mms.too_many": ([{"media": (PICTURE,) * 11}], [{"media": (PICTURE,) * 10}]),
    "mms.too_big": (
        [{"media": (Media("image/png", 3_000_000),) * 2}],
        [{"media": (Media("image/png", 5_000_000),)}],
    ),
    "mms.maybe_too_big": (
        [{"media": (Media("image/png", 600_001),)}],
        [{"media": (PICTURE,)}, {"media": (Media("image/png", 6_000_000),)}],
    ),
    "mms.unsupported": ([BRITISH | {"media": (PICTURE,)}], [{"media": (PICTURE,)}, BRITISH]),
    "mms.type": (
        [{"media": (Media("application/zip", 1),)}, {"media": (Media("", 1),)}],
        [{"media": (Media("video/mp4", 1), Media("IMAGE/JPEG; q=1", 1))}],
    ),
}

POSITIVES = [
    pytest.param(code, case, id=f"{code}-{n}") for code in TABLE for n, case in enumerate(TABLE[code][0])
]
LOOK_ALIKES = [
    pytest.param(code, case, id=f"{code}-{n}") for code in TABLE for n, case in enumerate(TABLE[code][1])
]


@pytest.mark.parametrize(("code", "case"), POSITIVES)
def test_is_found(code, case):
    assert code in codes(**case)


@pytest.mark.parametrize(("code", "case"), LOOK_ALIKES)
def test_is_not_found_in_what_only_looks_like_it(code, case):
    assert code not in codes(**case)


def test_every_code_has_its_severity_and_both_kinds_of_cases():
    known = json.loads((CASES / "preflight_codes.json").read_text())["severity_and_meaning"]
    assert {code: facts["severity"] for code, facts in known.items()} == {
        code: Finding(Code(code), "", "").severity.value for code in known
    }
    assert set(TABLE) == set(known)
    assert all(found and not_found for found, not_found in TABLE.values())


def test_nothing_is_wrong_with_an_ordinary_message():
    assert codes() == set()
    assert codes(**MARKETING) == set()
    assert codes(**OTP) == set()
    assert codes(**BRITISH) == set()
    assert codes(**FRENCH, purpose=Purpose.MARKETING, body="ACME: soldes -20%. STOP au 36180") == set()
    assert codes(**INDIAN, sender="ACMEIN") == set()
