"""The edge of manage.py: what keeps any command from its work is said in words, without a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError, OperationalError, connection

from backoffice.health import missing_migrations
from backoffice.quiet_log import without_values


def main(argv: Sequence[str]) -> int:
    """Run a command. Its exit code: 1 where settings or the database keep it from working (`--traceback` shows where),
    or where nobody reads its output to the end."""
    try:
        execute_from_command_line(list(argv))
        print(end="", flush=True)
    except KeyboardInterrupt:
        print("Interrupted. What was committed stays.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has read enough; Python would write the rest when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ImproperlyConfigured as problem:
        print(problem, file=sys.stderr)
        return 1
    except DatabaseError as problem:
        words = in_words(problem)
        if words is None or "--traceback" in argv:
            raise
        print(words, file=sys.stderr)
        return 1
    return 0


def in_words(problem: DatabaseError) -> str | None:
    """What is wrong with the database and how to mend it; None for an error of ours."""
    try:
        connection.ensure_connection()
        missing = missing_migrations()
    except DatabaseError as silence:
        return (
            f"The database does not answer: {str(silence).strip()}\n"
            "Start it, correct DATABASE_URL, or unset DATABASE_URL to use a file in VAR_DIR (var/)."
        )
    if missing:
        return (
            f"The database is not prepared for this version ({missing} migrations); run `manage.py migrate`."
        )
    if isinstance(problem, OperationalError):
        return f"The database gave up: {without_values(problem)}. What was committed stays; try again."
    return None
