"""Other systems, over HTTP: the only place that calls out of the house for consent.

    client    one request, one answer: bounded in time and size, to public addresses over TLS
    adapter   what a Connection says to do: write a value, read it back, hold and release

Whatever goes wrong is Refused (final, a person has to look) or Busy (the same again later may work).
"""

from consent.outside.adapter import Found, hold, read, write
from consent.outside.trouble import BadCredentials, Busy, Exchange, NotFound, Refused, Trouble

__all__ = [
    "BadCredentials",
    "Busy",
    "Exchange",
    "Found",
    "NotFound",
    "Refused",
    "Trouble",
    "hold",
    "read",
    "write",
]
