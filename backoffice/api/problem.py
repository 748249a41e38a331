"""What went wrong, as a client can use it: application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse


class Problem(Exception):
    """A request that cannot be done. `where` are JSON pointers (RFC 6901) into the body, or into the parameters as one
    object of texts, each with what is wrong there; `mend` says what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        what: str,
        mend: str,
        where: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what)
        self.status = status
        self.code = code
        self.what = what
        self.mend = mend
        self.where = tuple(where)
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "type": f"urn:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.what,
            "mend": self.mend,
        }
        if self.where:
            said["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in self.where]
        return said

    def answer(self) -> HttpResponse:
        return HttpResponse(
            # What is quoted of a request may hold halves of emoji, which no answer can.
            json.dumps(self.as_json(), ensure_ascii=False).encode(errors="replace"),
            content_type="application/problem+json",
            status=self.status,
            headers=self.headers,
        )
