"""A verb's shards, each in a process of its own, as Celery's workers run them."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from django.conf import settings
from django.db import connection


def in_shards(verb: Callable[..., dict[str, int]]) -> None:
    """Run `verb` over every shard and wait for all."""
    connection.close()  # a forked process must not share it
    shards = settings.RECONCILE_SHARDS
    with ProcessPoolExecutor(shards, mp_context=multiprocessing.get_context("fork")) as pool:
        list(pool.map(_work, [verb] * shards, range(shards), [shards] * shards))


def _work(verb: Callable[..., dict[str, int]], shard: int, shards: int) -> None:
    verb("benchmark", beat=_no_beat, shard=shard, shards=shards)
    connection.close()


def _no_beat(**progress: Any) -> None:
    """Nobody watches."""
