"""What every test stands on: a database file or server of its own, a real Redis, real workers on request.

The runner (`make test`) gives the addresses; run alone, pytest uses a SQLite file and a private Redis.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.test import override_settings

from backoffice.launch import servers
from tests.double import Double
from tests.workers import Worker


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["only", "none"], help="only tests that use a database, or none of them"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--database")
    if wanted:
        config.hook.pytest_deselected(
            items=[item for item in items if uses_database(item) != (wanted == "only")]
        )
        items[:] = [item for item in items if uses_database(item) == (wanted == "only")]


def uses_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return bool(
        item.get_closest_marker("django_db") or {"db", "transactional_db", "postgresql"} & {*fixtures}
    )


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis that only this run uses: TEST_REDIS_URL, else a private server."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    with servers.private_redis() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def own_surroundings(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test may reach the queue or the files of the person who runs it."""
    from backoffice.celery import app

    app.conf.broker_url = redis_url
    with override_settings(
        REDIS_URL=redis_url,
        CELERY_BROKER_URL=redis_url,
        MEDIA_ROOT=tmp_path_factory.mktemp("uploads"),
        # The stops of tests are old; what time alone makes of them is on where it is tested (consent/test_overdue.py).
        CONSENT_POLICY={**settings.CONSENT_POLICY, "in_force_within_hours": None},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # the slow ones test nothing here
    ):
        yield


@pytest.fixture
def empty_queue(redis_url: str) -> Iterator[redis.Redis]:
    """The queue, empty at the start; for tests that look into it or start workers."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture(autouse=True)
def no_terms_of_other_tests() -> None:
    """A process knows for a second which terms are in force."""
    from consent import terms

    terms._at.cache_clear()


SHIPPED = "shipped__"  # before the name of a table: its rows as they were when the database was new


# --- the database -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """A name that no other run uses. SQLite gets a file, so that workers in other processes see it."""
    for alias in connections:
        chosen = connections[alias].settings_dict
        if connections[alias].vendor == "sqlite":
            chosen["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / f"{alias}.sqlite3")
        else:
            chosen["TEST"]["NAME"] = f"test_{chosen['NAME']}_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The rows that the product ships (roles, systems, error codes, rules) are kept aside: see `refilled`."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        quote = connection.ops.quote_name
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT EXISTS(SELECT 1 FROM {quote(table)})")
            if cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE {quote(SHIPPED + table)} AS SELECT * FROM {quote(table)}")


@pytest.fixture(scope="session", autouse=True)
def flush_past_triggers() -> Iterator[None]:
    """Tests with real transactions end with emptied tables; append-only ones refuse that; lift it there. Then the
    shipped rows come back as they were: having every app ship them anew takes most of a second each time."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def refilled(self: Any, statements: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), without_triggers(self.connection):
            flush(self, statements)
            with self.connection.cursor() as cursor:
                for aside in self.connection.introspection.table_names(cursor):
                    if aside.startswith(SHIPPED):
                        table, kept = (self.quote_name(name) for name in (aside.removeprefix(SHIPPED), aside))
                        cursor.execute(f"INSERT INTO {table} SELECT * FROM {kept}")
                # A flush may have set the counters back to 1, where the rows have their old keys.
                for statement in self.sequence_reset_sql(no_style(), apps.get_models()):
                    cursor.execute(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", refilled)
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_, **__: None)
        yield


@contextlib.contextmanager
def without_triggers(chosen: Any) -> Iterator[None]:
    quote = chosen.ops.quote_name
    with chosen.cursor() as cursor:
        if chosen.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            lift = [f"DROP TRIGGER {quote(name)}" for name, _ in triggers]
            restore = [text for _, text in triggers]
        else:
            cursor.execute(
                "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE NOT tgisinternal"
            )
            tables = [quote(name) for (name,) in cursor.fetchall()]
            lift = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
            restore = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        for statement in lift:
            cursor.execute(statement)
        yield
        for statement in restore:
            cursor.execute(statement)


@pytest.fixture
def postgresql() -> None:
    """For tests of what only PostgreSQL can do: says so on the other engine."""
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL only; runs in the PostgreSQL pass")


@pytest.fixture
def one_engine() -> None:
    """For tests that wait long and are not about the database: once is enough."""
    if connection.vendor != "sqlite":
        pytest.skip("not about the database; runs in the SQLite pass")


# --- workers ------------------------------------------------------------------------------------------------


@pytest.fixture
def start_worker(
    transactional_db: None, empty_queue: redis.Redis, tmp_path: Path
) -> Iterator[Callable[..., Worker]]:
    """start_worker(concurrency=1, **environment) -> Worker, running on this test's database, queue and files.

    Tests that use it commit for real; their rows are visible to the worker."""
    started: list[Worker] = []

    def start(concurrency: int = 1, **env: str) -> Worker:
        name = f"worker{len(started)}"
        worker = Worker(name, tmp_path / f"{name}.log", concurrency, **env)
        started.append(worker)
        worker.start()
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    """One running worker: `kill()`, `start()`, `stop()`, `log`."""
    return start_worker()


# --- other systems ------------------------------------------------------------------------------------------


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    """A system of the outside world on this machine, in a process of its own, that misbehaves on request."""
    started = Double(tmp_path / "double.jsonl")
    with override_settings(
        OUTSIDE={**settings.OUTSIDE, "allow_private_addresses": True, "allow_plain_http": True}
    ):
        yield started
    started.stop()
