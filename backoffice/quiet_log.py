"""What the log must not keep: phone numbers in addresses, and what errors quote of the rows they are about."""

from __future__ import annotations

import copy
import logging
import re
import sqlite3
from collections.abc import Iterator

import psycopg
from django.core.exceptions import DisallowedHost, FieldDoesNotExist, FieldError
from django.db import Error as DatabaseTrouble
from pydantic import ValidationError

_NUMBER = re.compile(r"(/api/v1/contacts/)[^/\s]+")
_QUOTED = re.compile(r"(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|\"(?:[^\"\\]|\\.)*\"|“[^”]*”", re.DOTALL)
_NAME = re.compile(r".[A-Za-z_][\w.]{0,59}.")  # in its quotes: a field or a key, not what stands in it
_BARE = re.compile(r"\S+@\S+|\+?\d(?:[\s().-]{0,2}\d){4,}")  # addresses and numbers without quotes
# What these quote is a name in the program; anybody else's quoted word may be somebody's.
_QUOTES_NAMES = (KeyError, AttributeError, NameError, TypeError, ImportError, FieldError, FieldDoesNotExist)


class WithoutNumbers(logging.Filter):
    """Takes phone numbers out of the addresses of requests. They stand there because clients ask so."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "/api/v1/contacts/" in text:
            record.msg, record.args = _NUMBER.sub(r"\1…", text), None
        return True


class WithoutValues(logging.Formatter):
    """Writes an exception with its whole traceback, and each exception's own text without the values in it."""

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = None  # another formatter may have kept its own
        text = super().format(record)
        for error in _chain(record.exc_info[1] if record.exc_info else None):
            for said in (repr(error), str(error)):
                if len(said) > 4:  # shorter ones quote nothing, and stand in other words
                    text = text.replace(said, without_values(error))
        return text


def without_values(error: BaseException) -> str:
    """What an exception says, fit to be kept: what it quotes, digits, PostgreSQL's DETAIL and CONTEXT, and the input
    that did not fit are left out. Names of tables, columns, constraints and fields stay."""
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        return f"{error.title}: {', '.join(sorted({part['type'] for part in wrong}))}"
    if isinstance(error, DatabaseTrouble | psycopg.Error | sqlite3.Error):
        return _of_database(error)
    if isinstance(error, DisallowedHost):
        return str(error)  # a name of ours that ALLOWED_HOSTS lacks, most of the time
    keeps = isinstance(error, _QUOTES_NAMES)
    return _BARE.sub(
        "…", _QUOTED.sub(lambda part: part[0] if keeps and _NAME.fullmatch(part[0]) else "“…”", str(error))
    )


def _of_database(error: BaseException) -> str:
    """Its first line without anything in quotes, and PostgreSQL's own names for what was touched."""
    first, _, _ = str(error).partition("\n")
    said = _BARE.sub("…", _QUOTED.sub("“…”", first))
    source = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(source, psycopg.Error):
        return said
    touched = (source.sqlstate, source.diag.table_name, source.diag.column_name, source.diag.constraint_name)
    names = ", ".join(name for name in touched if name)
    return f"{said} ({names})" if names else said


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything behind it, each once."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
