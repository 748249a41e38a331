"""One request to another system: what counts as success, what as no, and what nobody knows."""

import json
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

import pytest
from django.test import override_settings

from backoffice.models import System
from backoffice.secrets import Secret
from consent import outside
from consent.cells import Meaning
from consent.models import Connection
from consent.outside import BadCredentials, Busy, NotFound, Refused, Trouble, adapter, client
from consent.outside.adapter import patience
from consent.outside.client import Answer, Request, is_public

NUMBER = "+14155550123"


def to(double, **changes) -> Connection:
    """A connection to the double as a person would have filled it in; never saved."""
    given = {
        "system": System(pk=1, slug="acme", name="Acme"),
        "pk": 1,
        "base_url": double.url,
        "auth": "none",
        "secret": Secret(),
        "key_header": "Idempotency-Key",
        "write_path": "/numbers/{number}",
        "write_body": '{"sms": "{value}"}',
        "read_path": "/numbers/{number}",
        "read_value": "sms",
        "words_read": {"in": "in", "out": "out"},
        "hold_path": "/holds/{number}",
        "release_path": "/holds/{number}",
        "release_method": "DELETE",
        **changes,
    }
    return Connection(**given)


def values(connection, value="out", key="1:1:1"):
    return connection.values(number=NUMBER, ref="1001", program="promo", value=value, key=key)


def write(connection, **about):
    return outside.write(connection, values(connection, **about))


def quick(**limits):
    from django.conf import settings

    return override_settings(
        OUTSIDE={**settings.OUTSIDE, "read_seconds": 0.3, "total_seconds": 0.6, **limits}
    )


def test_a_value_is_written_and_read_back(double):
    connection = to(double)
    exchange = write(connection)
    found = outside.read(connection, values(connection))
    assert (exchange.code, found.value, found.text) == (200, Meaning.OUT, "out")
    assert double.values == {NUMBER: "out"}
    (request,) = double.writes()
    assert json.loads(request["body"]) == {"sms": "out"}
    assert request["key"] == values(connection)["key"]


def test_a_number_that_it_does_not_know_may_read_as_opted_in(double):
    connection = to(double)
    assert outside.read(connection, values(connection)).value is Meaning.IN


def test_holds_are_placed_and_released(double):
    connection = to(double)
    outside.hold(connection, values(connection), is_held=True)
    assert double.held == [NUMBER]
    outside.hold(connection, values(connection), is_held=False)
    assert double.held == []


@pytest.mark.parametrize(
    ("mode", "trouble", "may_have_arrived", "words"),
    [
        ("refuse_429", Busy, False, "HTTP 429"),
        ("error_500", Busy, True, "HTTP 500"),
        ("drop", Busy, True, "lost before the whole answer"),
        ("drop_before", Busy, True, "lost before"),
        ("slow", Busy, True, "connection was lost|longer than"),
        ("drip", Busy, True, "longer than 0.6 seconds"),
        ("huge", Busy, True, "larger than"),
        ("login_page", Busy, True, "web page"),
    ],
)
def test_no_whole_answer_is_busy_and_may_have_arrived(double, mode, trouble, may_have_arrived, words):
    double.behave(mode, seconds=30)
    started = time.monotonic()
    with quick(), pytest.raises(trouble, match=words) as raised:
        write(to(double))
    assert raised.value.may_have_arrived is may_have_arrived
    assert time.monotonic() - started < 20
    assert f"PUT {double.url}/numbers/%2B14155550123" in raised.value.exchange.request


def test_retry_after_is_heard(double):
    double.behave("refuse_429", seconds=7)
    with pytest.raises(Busy) as raised:
        write(to(double))
    assert raised.value.retry_after == timedelta(seconds=7)


def test_an_error_inside_a_success_is_a_refusal(double):
    double.behave("error_inside")
    with pytest.raises(Refused, match="invalid consent state"):
        write(to(double, error_path="error"))
    with pytest.raises(Refused, match="tells of an error"):
        write(to(double, error_path="status=error"))
    assert write(to(double)).code == 200  # nobody said where it tells of errors


def test_an_empty_error_field_is_no_error(double):
    assert write(to(double, error_path="error")).code == 200


def test_a_record_that_is_missing_cannot_be_written_and_reads_as_the_settings_say(double):
    double.behave("missing")
    with pytest.raises(NotFound):
        write(to(double))
    connection = to(double, not_found_means="out")
    assert outside.read(connection, values(connection)).value is Meaning.OUT


def test_a_word_that_nobody_explained_is_not_guessed(double):
    double.world(unknown_reads="Maybe")
    connection = to(double)
    with pytest.raises(Refused, match="“Maybe”, and nobody explained"):
        outside.read(connection, values(connection))


@pytest.mark.parametrize(
    "body", [b'{"sms": "\\ud800 \\u0000"}', b'{"sms": ' + b"9" * 5000 + b"}", b"[" * 100_000, b"\x00\xff\xfe"]
)
def test_answers_that_no_database_could_keep_are_told_in_words_that_it_can(double, body):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection = to(double, base_url=answering(head + body))
    with pytest.raises(Trouble) as raised:
        outside.read(connection, values(connection))
    told = f"{raised.value}{raised.value.exchange.excerpt}"
    assert "\x00" not in told
    told.encode()


# --- Being let in ------------------------------------------------------------------------------------------


def test_a_token_lets_us_in_and_stands_in_nothing_that_is_kept(double):
    secret = "sk-very-secret-9876"
    double.world(secret=secret)
    exchange = write(to(double, auth="bearer", secret=Secret.of(secret)))
    assert exchange.code == 200
    assert secret not in exchange.request
    with pytest.raises(BadCredentials, match="HTTP 401") as raised:
        write(to(double, auth="bearer", secret=Secret.of("sk-another-one-9876")))
    # The double repeats what it heard, as some systems do.
    kept = f"{raised.value}{raised.value.exchange}"
    assert "sk-another-one-9876" not in raised.value.exchange.excerpt
    assert "••••" in raised.value.exchange.excerpt
    assert "sk-another-one-9876" not in kept


@pytest.mark.parametrize("spelt", [str, json.dumps, quote_plus])
def test_no_piece_of_a_secret_is_kept_however_it_is_repeated(spelt):
    secret = 'k"/+' * 20
    answer = Answer(401, {}, f"{'.' * 170}{spelt(secret)}".encode())  # words are cut after 200 characters
    with pytest.raises(BadCredentials) as raised:
        adapter._checked(Connection(), answer, "write", [secret])
    kept = f"{raised.value}{raised.value.exchange}"
    assert spelt('k"/+').strip('"') not in kept
    assert "••••" in kept


def test_oauth_fetches_a_token_once(double):
    double.world(secret="nobody-knows-this")
    connection = to(
        double, auth="oauth", auth_name="us", secret=Secret.of("x" * 20), token_url=f"{double.url}/token"
    )
    write(connection)
    write(connection, key="2:1:1")
    assert len([line for line in double.requests() if line["kind"] == "token"]) == 1
    assert double.values == {NUMBER: "out"}


def test_without_a_secret_nobody_is_called(double):
    with pytest.raises(BadCredentials, match="No secret is stored"):
        write(to(double, auth="bearer"))
    assert double.requests() == []


# --- Where we may go ---------------------------------------------------------------------------------------


def test_addresses_inside_our_network_are_not_called(double):
    from django.conf import settings

    with override_settings(OUTSIDE={**settings.OUTSIDE, "allow_private_addresses": False}):
        with pytest.raises(Refused, match="inside our own network"):
            write(to(double))
        with pytest.raises(Refused, match="inside our own network"):
            client.call(Request("GET", double.url.replace("127.0.0.1", "localhost")))
    assert double.requests() == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1",
     "2002:0a00:0001::1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "0.0.0.0", "224.0.0.1", "fd00::1", "::127.0.0.1"],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(address):
    assert not is_public(address)


def test_public_addresses_are_public():
    assert is_public("1.1.1.1")
    assert is_public("2606:4700::1111")
    assert is_public("64:ff9b::101:101")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", "Only https"),
        ("ftp://example.com/", "Only https"),
        ("https://user:word@example.com/", "no name or password"),
        ("https://", "needs a host"),
        ("https://example.com/a b", "blanks"),
        ("https://example.com/\r\nX: y", "blanks"),
        ("https://example.com:99999/", "cannot be read"),
    ],
)
def test_odd_addresses_are_refused(url, words):
    with pytest.raises(Refused, match=words):
        client.call(Request("GET", url))


def test_a_header_with_a_line_break_is_refused():
    with pytest.raises(Refused, match="header"):
        client.call(Request("GET", "https://example.com/", {"X-Key": "a\r\nEvil: 1"}))


def test_nothing_listens_there(double):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Busy, match="cannot be reached") as raised:
        client.call(Request("GET", f"http://127.0.0.1:{port}/"))
    assert raised.value.may_have_arrived is False


def answering(head: bytes) -> str:
    """A server that says one thing, once."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        taken, _ = listener.accept()
        taken.recv(65_536)
        taken.sendall(head)
        taken.close()
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_redirects_are_not_followed(double):
    url = answering(f"HTTP/1.1 302 Found\r\nLocation: {double.url}/\r\nContent-Length: 0\r\n\r\n".encode())
    connection = to(double, base_url=url)
    with pytest.raises(Refused, match="sends us elsewhere"):
        write(connection)
    assert double.requests() == []


def test_an_answer_that_ends_too_early_is_no_answer(double):
    url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
    with pytest.raises(Busy, match="lost before"):
        write(to(double, base_url=url))


def test_who_cannot_prove_who_they_are_get_nothing(double, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    heard = []

    def serve() -> None:
        try:
            taken, _ = listener.accept()
            heard.append(taken.recv(1000))
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(Busy, match="certificate") as raised:
        write(to(double, base_url=f"https://localhost:{listener.getsockname()[1]}"))
    assert raised.value.may_have_arrived is False
    assert heard == []
    listener.close()


NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("Mon, 01 Jun 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 01 Jun 2026 11:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٣٠", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, expected):
    assert patience(header, NOW) == expected
