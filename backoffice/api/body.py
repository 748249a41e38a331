"""Bodies and parameters of the API: strict JSON, then a pydantic model that knows every field."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, ValidationError

from backoffice import strict_json
from backoffice.api.problem import Problem

MAX_BYTES = 4_000_000
MAX_ERRORS = 20  # of one body that are listed


class Strict(BaseModel):
    """A body or a set of parameters: a name that nobody knows is a mistake, not to be passed over."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read_body(request: HttpRequest, model: type[Model]) -> Model:
    """Raises Problem: 411, 413, 415 for its form, 400 for what is no strict JSON, 422 for what does not fit."""
    if request.content_type != "application/json":
        raise Problem(
            415,
            "not_json",
            f"The body is announced as “{request.content_type or 'nothing'}”.",
            "Send JSON, with the header Content-Type: application/json.",
        )
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise Problem(415, "packed", "The body is compressed.", "Send it as it is, without Content-Encoding.")
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", ""):
        raise Problem(
            411, "length_missing", "The body comes without its length.", "Send a Content-Length header."
        )
    raw = request.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Problem(
            413, "too_large", f"The body is larger than {MAX_BYTES:,} bytes.", "Send it in several requests."
        )
    return fit(parse(raw), model)


def parse(raw: bytes) -> Any:
    """Strict JSON. Raises Problem."""
    if not raw:
        raise Problem(400, "empty", "The body is empty.", "Send a JSON object.")
    try:
        return strict_json.read(raw)
    except strict_json.NotStrict as error:
        what = f"The body cannot be read as JSON: {error}."
        raise Problem(400, "no_strict_json", what, "Mend it, send it again.") from error


def fit(found: Any, model: type[Model]) -> Model:
    """Raises Problem 422 that names each place and what is expected there."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        where = [(pointer(part["loc"]), part["msg"]) for part in wrong[:MAX_ERRORS]]
        more = f" The first {MAX_ERRORS} are listed." if len(wrong) > MAX_ERRORS else ""
        raise Problem(
            422,
            "does_not_fit",
            f"{len(wrong)} {'places do' if len(wrong) > 1 else 'place does'} not fit the description.{more}",
            "Each place says what it expects; the whole is described at /api/v1/openapi.json.",
            where,
        ) from error


def pointer(parts: tuple[int | str, ...]) -> str:
    """("records", 3, "a/b") as "/records/3/a~1b" (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def read_query(request: HttpRequest, model: type[Model] | None) -> Model | None:
    """The parameters of the address. Raises Problem: 400 for a parameter given twice, 422 for what does not fit."""
    given: dict[str, str] = {}
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise Problem(
                400,
                "given_twice",
                f"The parameter “{name[:60]}” is given {len(values)} times.",
                "Give it once.",
                [(pointer((name,)), f"given {len(values)} times")],
            )
        given[name] = values[0]
    if model is None:
        if given:
            raise Problem(
                400,
                "no_parameters",
                f"“{next(iter(given))[:60]}”: this address takes no parameters.",
                "Leave them out.",
                [(pointer((name,)), "unknown") for name in given],
            )
        return None
    return fit(given, model)
