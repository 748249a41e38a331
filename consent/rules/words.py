"""Findings and records in plain words: every time with its zone, every fact with its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from consent.ledger import Act, Kind, Precision
from consent.rules.codes import CODES, Code, Status
from consent.rules.findings import Finding, Plain

Params = Mapping[str, Plain]


def sentence(finding: Finding) -> str:
    """Why it was flagged: one sentence with the two facts that conflict."""
    params = finding.params
    blanks = {name: _text(value) for name, value in params.items()}
    blanks["system"] = finding.system or "A system"
    for name, say in _BLANKS.items():
        blanks[name] = say(params)
    if finding.code in _OWN_BLANKS:
        blanks |= _OWN_BLANKS[finding.code](params)
    return _capital(CODES[finding.code].sentence.format_map(blanks))


def record_words(params: Params, prefix: str = "") -> str:
    """What a record says happened, e.g. “the phone sent STOP to S1 on 1 May 2026, 15:00 UTC”."""
    act, kind = Act(str(params[f"{prefix}act"])), Kind(str(params[f"{prefix}kind"]))
    what = _WHAT.get((act, kind)) or _WHAT_BY_ACT[act].format(kind=_KIND_WORDS[kind])
    sender = params.get(f"{prefix}sender")
    if sender and (act is Act.CONFIRM or (act is Act.REVOKE and kind in _SENT_TO)):
        what += f" to {sender}"
    elif sender and act is Act.REVOKE and kind is Kind.CARRIER:
        what += f" for {sender}"
    return what + _on(params, prefix)


def fact_words(params: Params) -> str:
    """Why the agreed status is what it is, or, without a status, what the record says."""
    status = params.get("status")
    if status is None:
        return record_words(params)
    if status == Status.NO_CONSENT:
        return _NO_CONSENT_WORDS[str(params["reason"])].format(when=_on(params) if "act" in params else "")
    said = record_words(params)
    if params["reason"] == "NEEDS_HANDSET_START":
        return f"{said}, and a later form or document is not enough: the phone itself must text START"
    if status == Status.PENDING:
        return f"{said}, and the phone has not confirmed yet"
    if status == Status.EXPIRED:
        return f"{said}, and that consent has run out"
    return said


def moment_words(iso: Plain, precision: Plain = Precision.SECOND) -> str:
    """A stored time as staff read it. A clock without a zone says so."""
    at = datetime.fromisoformat(str(iso))
    day = f"{at.day} {at:%B %Y}"
    if precision == Precision.DATE:
        return day
    if precision == Precision.NAIVE_DATE:
        return f"{day} (time zone not known)"
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    if precision == Precision.NAIVE_DATETIME:
        return f"{day}, {clock} (time zone not known)"
    return f"{day}, {clock} UTC"


_KIND_WORDS = {
    Kind.HANDSET: "a message from the phone",
    Kind.FORM: "a form",
    Kind.ARTEFACT: "a filed document",
    Kind.STAFF: "staff",
    Kind.IMPORT: "an imported list",
    Kind.SYNC: "a synced system",
    Kind.KEYWORD: "a keyword from the phone",
    Kind.FREETEXT: "a message in the person's own words",
    Kind.CHANNEL: "another channel",
    Kind.CHANNEL_LOGGED: "a logged call or visit",
    Kind.CARRIER: "the provider",
    Kind.COMPLAINT: "a complaint",
    Kind.RND: "the Reassigned Numbers Database",
    Kind.WRONG_NUMBER: "a wrong-number reply",
    Kind.DEACTIVATED: "the carriers' deactivation file",
}

_SENT_TO = (Kind.KEYWORD, Kind.HANDSET)

_WHAT_BY_ACT = {
    Act.GRANT: "the person opted in through {kind}",
    Act.CONFIRM: "the phone answered YES",
    Act.REVOKE: "the person opted out through {kind}",
    Act.ASSERT_IN: "{kind} claimed “opted in” without proof",
    Act.ASSERT_OUT: "{kind} claimed “opted out”",
    Act.ASSERT_NONE: "{kind} said nothing either way",
    Act.VOID: "{kind} declared a record mistaken",
    Act.BOUNDARY: "{kind} reported that the number changed hands",
}

_WHAT = {
    (Act.GRANT, Kind.HANDSET): "the phone itself asked for the messages",
    (Act.GRANT, Kind.KEYWORD): "the phone itself asked for the messages",
    (Act.GRANT, Kind.FORM): "the person opted in by form",
    (Act.GRANT, Kind.ARTEFACT): "staff filed a document as consent",
    (Act.GRANT, Kind.STAFF): "staff entered an opt-in",
    (Act.ASSERT_IN, Kind.STAFF): "staff set “opted in” by hand",
    (Act.ASSERT_IN, Kind.ARTEFACT): "staff filed a document as consent",
    (Act.REVOKE, Kind.KEYWORD): "the phone sent STOP",
    (Act.REVOKE, Kind.HANDSET): "the phone sent STOP",
    (Act.REVOKE, Kind.CARRIER): "the provider reported a block",
    (Act.REVOKE, Kind.FORM): "the person opted out by form",
    (Act.REVOKE, Kind.FREETEXT): "the person asked to stop in their own words",
    (Act.REVOKE, Kind.CHANNEL): "the person asked to stop by e-mail, voicemail or in person",
    (Act.REVOKE, Kind.CHANNEL_LOGGED): "staff logged the person's request to stop",
    (Act.REVOKE, Kind.COMPLAINT): "the person complained",
    (Act.REVOKE, Kind.WRONG_NUMBER): "the person replied “wrong number”",
    (Act.REVOKE, Kind.STAFF): "staff set “opted out” by hand",
    (Act.ASSERT_NONE, Kind.FREETEXT): "the person wrote something that may be a request to stop",
    (Act.VOID, Kind.STAFF): "staff tried to void the revocation",
}

_NO_CONSENT_WORDS = {
    "NONE": "nothing on record shows consent",
    "UNPROVEN": "there is only a claim without proof on record",
    "NUMBER_REASSIGNED": "the number changed hands{when}, and nothing since then shows consent",
}

_DOUBT_WORDS = {
    "no_zone": "the source did not say in which time zone",
    "future": "that had not come yet when the record arrived",
    "before_company": "that is before the company texted anybody",
    "import_time": "that is the time of the import itself",
    "stopped": "a STOP is in force for this number",
    "no_prompt": "no question of ours to this number was open",
}


def _on(params: Params, prefix: str = "") -> str:
    at = params.get(f"{prefix}at")
    if at is not None:
        return f" on {moment_words(at, params.get(f'{prefix}precision'))}"
    received = params.get(f"{prefix}received_at")
    return f" at an unknown time, known since {moment_words(received)}" if received is not None else ""


def _text(value: Plain) -> str:
    return "" if value is None else str(value)


def _at(name: str) -> Callable[[Params], str]:
    return lambda params: f" on {moment_words(params[name])}" if params.get(name) is not None else ""


_BLANKS: Mapping[str, Callable[[Params], str]] = {
    "fact": lambda params: fact_words(params) if "act" in params or "status" in params else "",
    "doubt": lambda params: _DOUBT_WORDS.get(str(params.get("doubt")), ""),
    "block_at": lambda params: _on(params, "block_"),
    "boundary_at": lambda params: _on(params, "boundary_"),
    "said_at": lambda params: _on(params, "said_"),
    "read_at": _at("read_at"),
    "says": lambda params: _says(params) if "value" in params else "",
    "corrected_at": lambda params: moment_words(params["corrected_at"]) if "corrected_at" in params else "",
}


def _says(params: Params) -> str:
    if params.get("given_at") is None:
        return f"says “{params['value']}”"
    return f"was given “{params['value']}” on {moment_words(params['given_at'])} and was not read since"


def _regression(params: Params) -> dict[str, str]:
    """Whether the value came back or may never have arrived, and who may have written the old one."""
    if params["arrived"]:
        said = {"took": "was corrected to", "said": "said", "again": " again"}
        suspect = f"suspected is {_writer(params) or 'a writer that no setting names'}"
    else:
        said = {"took": "was given", "said": "still said", "again": ""}
        suspect = (
            f"either it never arrived there, or it was written over before it was read: {_writer(params)}"
        )
        suspect = suspect.removesuffix(": ")
    return {**said, "place": _place(params), "suspect": suspect}


def _writer(params: Params) -> str:
    """What most likely wrote the value; nothing, where no setting lets suspect anybody."""
    writer = params.get("writer")
    return f"{writer}, which {_SETTING_WORDS[str(params['setting'])]}" if writer else ""


def _place(params: Params) -> str:
    """Where a value that came back was read."""
    if params.get("batch") is None:
        return ""
    line = f", line {params['line']}" if params.get("line") is not None else ""
    return f" (file {params['batch']}{line})"


_SETTING_WORDS = {
    "subscribes_by_default": "subscribes everybody by default",
    "overwrites_on_sync": "overwrites consent on every sync",
}


def _before(params: Params) -> str:
    ended = params["ended"]
    if not ended:
        return "nothing shows that its new holder agreed"
    return (
        "the consent on record is older than that" if ended == 1 else f"{ended} consents are older than that"
    )


_BREACHES = {
    "second": "a second one went out",
    "marketing": "it also tried to sell something",
    "late": "it went out later than that",
}


def _breaches(breaches: Sequence[str]) -> str:
    return _listed([_BREACHES[breach] for breach in breaches])


def _sends(params: Params) -> str:
    count = params.get("count") or 1
    if count == 1 or params.get("sent_at") is None:
        what = "A message was sent" if count == 1 else f"{count} messages were sent"
        return what + _at("sent_at")(params)
    first, last = moment_words(params["sent_at"]), params.get("last_at")
    until = f" and the last on {moment_words(last)}" if last is not None else ""
    return f"{count} messages were sent, the first on {first}{until}"


def _held(values: Sequence[str]) -> dict[str, str]:
    first, *others = (f"“{value}”" for value in values)
    said = f"another of the same number says {others[0]}"
    if len(others) > 1:
        said = f"others of the same number say {_listed(others)}"
    return {"first": first, "others": said}


def _listed(texts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, last = texts
    return f"{', '.join(rest)} and {last}" if rest else last


_OWN_BLANKS: Mapping[Code, Callable[[Params], dict[str, str]]] = {
    Code.STOP_OVERRIDE_ATTEMPT: lambda params: {"attempt": record_words(params, "attempt_")},
    Code.NUMBER_REASSIGNED: lambda params: {"before": _before(params)},
    Code.ORDER_AMBIGUOUS: lambda params: {"other": record_words(params, "other_")},
    Code.PROGRAM_SCOPE_LEAK: lambda params: {
        "named": f"the program “{params['named']}”" if params["named"] else "another program",
        "program": f"“{params['program']}”",
    },
    Code.WORDING_MISMATCH: lambda params: {
        "wording": "its box was ticked beforehand"
        if params["wording"] == "prechecked"
        else "nobody knows which text the person saw",
    },
    Code.OVERWRITE_SETTING_RISK: lambda params: {"setting": _SETTING_WORDS[str(params["setting"])]},
    Code.SYNC_REGRESSION: _regression,
    Code.CONFIRMATION_RULE: lambda params: {
        "breach": _breaches(str(params["breach"]).split(", "))
        + (f", on {moment_words(params['last_at'])}" if params.get("last_at") else "")
    },
    Code.POST_STOP_SEND: lambda params: {"sends": _sends(params)},
    Code.DUPLICATE_DIVERGENCE: lambda params: _held(str(params["values"]).split(", ")),
    Code.SLA_BREACH: lambda params: {
        "systems": _listed(str(params["systems"]).split("; ")),
        "ended_at": f"on {moment_words(params['ended_at'])}"
        + (
            f", the {params['also_allowed']} on {moment_words(params['also_ended_at'])}"
            if params.get("also_ended_at")
            else ""
        ),
    },
    Code.PER_SE_KEYWORD_MISSED: lambda params: {
        "missed": f"let a message through on {moment_words(params['passed_at'])}"
        if params.get("passed_at")
        else "took no action",
    },
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
