"""Send logs as CSV: what is counted, what is left apart, what is refused."""

import csv
from pathlib import Path

import pytest

from errors.patterns import ATTRIBUTES
from errors.patterns import send_log as log_reading
from errors.patterns.send_log import COLUMNS, SendLog, UnreadableLog, read

LINE = {
    "message_ref": "SM1",
    "sent_at": "2026-03-01T09:30:00Z",
    "provider": "twilio",
    "country": "US",
    "carrier": "att",
    "campaign": "spring",
    "template": "t1",
    "sender": "100",
    "encoding": "GSM-7",
    "segments": "1",
    "status": "delivered",
    "error_code": "",
}


def log_of(
    path: Path, lines: list[dict[str, str]], *, quoting: int = csv.QUOTE_MINIMAL, **form: str
) -> SendLog:
    """Each line is what differs from LINE; every message has a reference of its own."""
    columns = list(dict.fromkeys([*COLUMNS, *(name for line in lines for name in line)]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, quoting=quoting, **form)
        writer.writeheader()
        for count, line in enumerate(lines):
            writer.writerow({**LINE, "message_ref": f"SM{count}", **line})
    return read(path)


def values(log: SendLog, name: str) -> list[str]:
    return [log.counts.values[name][code] for code in log.counts.codes[name]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.csv"


def test_counts_failures_and_leaves_what_is_not_settled_apart(path):
    words = ["delivered", "Read", "undelivered", "failed", "sent", "queued", "unknown", "", "canceled"]
    log = log_of(path, [{"status": word, "error_code": "30003"} for word in words])
    assert list(log.counts.failures) == [0, 0, 1, 1]
    assert (log.lines, log.unsettled) == (9, 5)
    assert log.counts.errors[log.counts.error[2]] == "30003"


def test_reads_every_attribute_in_any_order_of_columns(path):
    path.write_text(
        "STATUS,hint,segments,encoding,sender,template,campaign,carrier,country,provider,sent_at,message_ref,error_code\n"
        "failed,x,3,UCS-2,S,T,C,net,DE,plivo,2026-03-01 23:59:59,a,30007\n"
    )
    log = read(path)
    assert [values(log, name) for name in ATTRIBUTES] == [
        *(["plivo"], ["DE"], ["net"], ["C"], ["T"], ["S"], ["UCS-2"], ["3"], ["23"]),
    ]


@pytest.mark.parametrize(
    ("sent_at", "hour"),
    [
        ("2026-03-01T09:30:00Z", "09"),
        ("2026-03-01T09:30:00.123456Z", "09"),
        ("2026-03-01 09:30", "09"),
        ("2026-03-01T09:30:00+00:00", "09"),
        ("2026-03-01T23:30:00-02:00", "01"),
        ("2026-03-01T01:15:00+05:30", "19"),
        ("2026-03-01T01:15:00.5+0530", "19"),
        ("2026-03-01T01:15:00+02", "23"),
        ("20260301T091500Z", "09"),
        ("2026-03-01", ""),
        ("yesterday", ""),
        ("2026-03-01T25:00:00Z", ""),
        ("", ""),
    ],
)
def test_reads_the_hour_in_utc(path, sent_at, hour):
    log = log_of(path, [{"sent_at": sent_at}])
    assert values(log, "hour") == [hour]
    assert log.timeless == (hour == "")


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("campaign", ["spring", "spring, late", 'the "big" one', "two\nlines", "Frühling"])
def test_reads_quoted_values(path, quoting, ending, campaign):
    lines = [{"campaign": campaign, "status": "failed"}, {"campaign": "plain"}, {"campaign": campaign}]
    log = log_of(path, lines, quoting=quoting, lineterminator=ending)
    assert values(log, "campaign") == [campaign, "plain", campaign]
    assert list(log.counts.failures) == [1, 0, 0]


@pytest.mark.parametrize("chunk", [64, 300, 1000])
def test_reads_the_same_however_the_file_is_cut(path, monkeypatch, chunk):
    lines = [{"campaign": f"c{count % 7}", "template": "t" * (count % 30)} for count in range(60)]
    lines += [{"campaign": "with, comma"}, {"campaign": "after"}]
    whole = log_of(path, lines)
    monkeypatch.setattr(log_reading, "CHUNK", chunk)
    cut = read(path)
    assert values(cut, "campaign") == values(whole, "campaign") == [line["campaign"] for line in lines]
    assert values(cut, "template") == values(whole, "template")


def test_a_last_line_without_an_end_counts(path):
    log_of(path, [{}, {}])
    path.write_bytes(path.read_bytes().rstrip())
    assert read(path).lines == 2


def test_blank_lines_and_a_byte_order_mark_are_passed_over(path):
    log_of(path, [{}, {}])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\r\n\r\n"))
    assert read(path).lines == 2


def test_a_message_told_twice_counts_once_by_its_last_settled_line(path):
    log = log_of(
        path,
        [
            {"message_ref": "A", "status": "failed"},
            {"message_ref": "A", "status": "delivered"},
            {"message_ref": "A", "status": "sent"},
            {"message_ref": "A", "status": "failed", "provider": "plivo"},
            {"message_ref": "", "status": "failed"},
            {"message_ref": "", "status": "failed"},
        ],
    )
    assert list(log.counts.failures) == [0, 1, 1, 1]
    assert (log.unsettled, log.repeated) == (1, 1)


def test_a_person_tried_again_and_again_counts_once(path):
    tries = [{"recipient": "+15550001", "status": "failed"}] * 25
    others = [{"recipient": f"+1555100{count}"} for count in range(5)]
    log = log_of(path, [*tries, *others, {"recipient": "+15550001", "template": "t2"}])
    assert len(log.counts.failures) == 7
    assert log.counts.failures.sum() == 1
    assert log.repeated == 24


def test_more_values_than_sixteen_bits_hold_stay_apart(path):
    log = log_of(path, [{"template": f"template-{count}"} for count in range(70_000)])
    assert values(log, "template") == [f"template-{count}" for count in range(70_000)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "does not name message_ref"),
        (",".join(COLUMNS).replace("campaign,", "") + "\n", "does not name campaign;"),
        (",".join([*COLUMNS, "status"]) + "\n", "names status more than once"),
        (",".join(COLUMNS) + "\n", "no line below the header"),
        (",".join(COLUMNS) + "\n" + "x," * 11 + "\n" + "x,y\n", "line 3 has 2 fields, the header 12"),
    ],
)
def test_says_what_is_wrong_and_where(path, text, message):
    path.write_text(text)
    with pytest.raises(UnreadableLog, match=message) as refused:
        read(path)
    assert str(path) in str(refused.value)


def test_another_encoding_is_refused(path):
    path.write_bytes((",".join(COLUMNS) + "\n").encode("utf-16"))
    with pytest.raises(UnreadableLog, match="UTF-8"):
        read(path)
