"""Where a system believes something else than the agreed status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from consent.ledger import Belief, ProgramTerms, SystemKind, Value
from consent.rules.after_stop import after_stop
from consent.rules.agreed import Agreed
from consent.rules.codes import Code, Status
from consent.rules.doubts import about
from consent.rules.findings import Finding, Plain, found

REPLICAS = frozenset({SystemKind.PLATFORM, SystemKind.CRM, SystemKind.LIST, SystemKind.FORM})

_IN_BUT = {
    Status.NO_CONSENT: Code.PLATFORM_IN_NO_EVIDENCE,
    Status.PENDING: Code.PLATFORM_IN_PENDING,
    Status.EXPIRED: Code.PLATFORM_IN_EXPIRED,
}


def presumed(agreed: Agreed, belief: Belief) -> Belief:
    """What the record may hold by now. An opt-in that left for it and was not looked for since counts as arrived once
    it is no longer what is agreed: then nobody may wait for the system's next file to find out."""
    corrected_at, read_at = belief.corrected_at, belief.read_at
    if (
        belief.corrected_value is not Value.IN
        or corrected_at is None
        or agreed.status is Status.OPTED_IN
        or belief.value is Value.IN
        or (read_at is not None and read_at > corrected_at)
    ):
        return belief
    return replace(belief, value=Value.IN, given_at=corrected_at)


def compare(agreed: Agreed, beliefs: Sequence[Belief], program: ProgramTerms) -> tuple[Finding, ...]:
    """Findings for every belief that contradicts what was agreed, as far as its record may hold what it was given.
    Which records of a system differ, and what wrote a value, is told by what was read. Time alone changes nothing."""
    findings: list[Finding] = []
    held = [presumed(agreed, belief) for belief in beliefs]
    for belief in held:
        if belief.kind in REPLICAS:
            findings.extend(_of_replica(agreed, belief, beliefs, program))
        elif belief.kind is SystemKind.PROVIDER:
            findings.extend(_of_provider(agreed, belief))
    findings.extend(_unrecorded_blocks(agreed, held))
    findings.extend(_duplicates(beliefs))
    sent = [b for b in beliefs if b.kind is SystemKind.SEND and b.value is Value.SENT]
    if sent:
        findings.extend(after_stop(agreed, sent))
    return tuple(findings)


def _of_replica(
    agreed: Agreed, belief: Belief, beliefs: Sequence[Belief], program: ProgramTerms
) -> Iterator[Finding]:
    if belief.value is Value.IN:
        yield from _says_in(agreed, belief, program)
    elif belief.value is Value.UNKNOWN and belief.text.strip():
        yield _found(Code.UNPARSEABLE_VALUE, belief, {"text": belief.text.strip()})
    elif belief.value is Value.OUT or belief.value is Value.NEVER:
        yield from _says_out(agreed, belief)
    if _disagrees(agreed, belief) and (belief.overwrites_on_sync or belief.subscribes_by_default):
        setting = "subscribes_by_default" if belief.subscribes_by_default else "overwrites_on_sync"
        yield _against(Code.OVERWRITE_SETTING_RISK, agreed, belief, {"setting": setting})
    if _regressed(agreed, belief):
        assert belief.corrected_value is not None
        assert belief.corrected_at is not None
        yield _found(
            Code.SYNC_REGRESSION,
            belief,
            {
                "value": belief.value.value,
                "corrected": belief.corrected_value.value,
                "corrected_at": belief.corrected_at.isoformat(),
                "arrived": belief.arrived,
                "read_at": belief.read_at.isoformat() if belief.read_at else None,
                "batch": belief.batch,
                "line": belief.line,
                **_suspect(belief, beliefs),
            },
        )


def _says_in(agreed: Agreed, belief: Belief, program: ProgramTerms) -> Iterator[Finding]:
    status = agreed.status
    if status.is_out:
        platform = belief.kind is SystemKind.PLATFORM
        code = Code.PLATFORM_IN_AGREED_OUT if platform else Code.SOURCE_IN_AGREED_OUT
        yield _against(code, agreed, belief)
        if agreed.background.stop_all:
            stop = agreed.background.stop_all[0]
            yield _found(
                Code.STOPALL_PARTIAL,
                belief,
                about(stop) | _held(belief) | {"program": program.code},
                evidence=(stop.id,),
            )
    elif status in _IN_BUT:
        yield _against(_IN_BUT[status], agreed, belief)
    if status is Status.NO_CONSENT:
        if belief.carried_from_other_number:
            yield _against(Code.CONSENT_CARRIED_TO_NEW_NUMBER, agreed, belief)
        elsewhere = agreed.background.elsewhere
        # A record whose own text names another program has been found in the ledger already.
        if elsewhere:
            yield _found(
                Code.PROGRAM_SCOPE_LEAK,
                belief,
                {"named": elsewhere[0].program, "program": program.code},
                evidence=(e.id for e in elsewhere),
            )


def _says_out(agreed: Agreed, belief: Belief) -> Iterator[Finding]:
    """“never” counts with “out” only where we hold an opt-in: then somebody is not texted who may be."""
    if agreed.status is Status.OPTED_IN and belief.kind is SystemKind.PLATFORM:
        yield _against(Code.PLATFORM_OUT_AGREED_IN, agreed, belief)
    said_no = any(silence.until is None for silence in agreed.background.silences)
    if belief.carried_from_other_number and belief.value is Value.OUT and not said_no:
        yield _against(Code.OPTOUT_CARRIED_TO_NEW_NUMBER, agreed, belief)


def _of_provider(agreed: Agreed, belief: Belief) -> Iterator[Finding]:
    if belief.value is Value.OPEN and agreed.status is Status.OPTED_OUT:
        yield _against(Code.PROVIDER_UNBLOCKED_AGREED_OUT, agreed, belief)
    if belief.value is Value.BLOCKED:
        if agreed.status is Status.OPTED_IN:
            yield _against(Code.PROVIDER_BLOCKED_AGREED_IN, agreed, belief)
        # Neither a revocation nor a report of the block is on record.
        if not agreed.background.silences:
            yield _found(Code.CARRIER_BLOCK, belief, {})


def _unrecorded_blocks(agreed: Agreed, beliefs: Sequence[Belief]) -> Iterator[Finding]:
    """The provider blocks, the platform would text, and nothing the person said explains the block."""
    background = agreed.background
    blocked = background.blocks or any(
        b.kind is SystemKind.PROVIDER and b.value is Value.BLOCKED for b in beliefs
    )
    if not blocked or background.stop_on_record:
        return
    for belief in beliefs:
        if belief.kind is SystemKind.PLATFORM and belief.value is Value.IN:
            block = about(background.blocks[0], "block_") if background.blocks else {}
            yield _found(
                Code.CARRIER_BLOCK_UNRECORDED,
                belief,
                block | _held(belief),
                evidence=(e.id for e in background.blocks),
            )


def _disagrees(agreed: Agreed, belief: Belief) -> bool:
    if belief.value is Value.IN:
        return agreed.status is not Status.OPTED_IN
    return belief.value in (Value.OUT, Value.NEVER) and agreed.status is Status.OPTED_IN


def _regressed(agreed: Agreed, belief: Belief) -> bool:
    """Read wrong after the correction and before its watch ended, whether it was written over or never arrived. A
    watch nobody closed goes on.

    Many systems know only yes and no: an “out” that comes back as “never” has stayed. And what the person did
    since may have made the correction obsolete: then the system is right to differ from it.
    """
    corrected_at = belief.corrected_at
    if belief.corrected_value is None or corrected_at is None or belief.value is Value.UNKNOWN:
        return False
    corrected_in = belief.corrected_value is Value.IN
    if (belief.value is Value.IN) is corrected_in or (agreed.status is Status.OPTED_IN) is not corrected_in:
        return False
    if belief.read_at is None:
        return True
    watched = belief.watch_over_at is None or belief.read_at < belief.watch_over_at
    return watched and belief.read_at > corrected_at


def _suspect(belief: Belief, beliefs: Sequence[Belief]) -> dict[str, Plain]:
    """The setting that most likely wrote the value, and the system that has it: another one that overwrites and holds
    that value, else the system's own."""
    for other in beliefs:
        if other.overwrites_on_sync and other.system != belief.system and other.value is belief.value:
            return {"setting": "overwrites_on_sync", "writer": other.system}
    if belief.subscribes_by_default and belief.value is Value.IN:
        return {"setting": "subscribes_by_default", "writer": belief.system}
    if belief.overwrites_on_sync:
        return {"setting": "overwrites_on_sync", "writer": belief.system}
    return {"setting": None, "writer": None}


def _duplicates(beliefs: Sequence[Belief]) -> Iterator[Finding]:
    """Records of one system that share the number and hold different values."""
    if len(beliefs) < 2:
        return
    values: dict[str, dict[str, set[str]]] = {}
    for belief in beliefs:
        if belief.kind in REPLICAS and belief.value is not Value.UNKNOWN:
            values.setdefault(belief.system, {}).setdefault(belief.value.value, set()).add(belief.record)
    for system, held in values.items():
        if len(held) > 1:
            records = sorted(record for some in held.values() for record in some if record)
            yield found(
                Code.DUPLICATE_DIVERGENCE,
                {"values": ", ".join(sorted(held)), "records": ", ".join(records)},
                system=system,
            )


def fact_of(agreed: Agreed) -> dict[str, Plain]:
    """What a sentence needs to say why the status is what it is."""
    params: dict[str, Plain] = {"status": agreed.status.value, "reason": agreed.reason.value}
    if agreed.deciding:
        params |= about(agreed.deciding[0])
    return params


def _against(
    code: Code, agreed: Agreed, belief: Belief, params: Mapping[str, Plain] = MappingProxyType({})
) -> Finding:
    said = fact_of(agreed) | _held(belief) | dict(params)
    return _found(code, belief, said, evidence=agreed.decided_by)


def _held(belief: Belief) -> dict[str, Plain]:
    """What the record says, or what it was given and may hold by now."""
    given = {"given_at": belief.given_at.isoformat()} if belief.given_at else {}
    return {"value": belief.value.value, **given}


def _found(
    code: Code, belief: Belief, params: Mapping[str, Plain], *, evidence: Iterable[str] = ()
) -> Finding:
    return found(code, params, system=belief.system, record=belief.record, evidence=tuple(evidence))
