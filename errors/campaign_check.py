"""Check a campaign before it is sent: its text, or each row's own, against everybody on its list.

Rows are read in chunks, with a handful of queries each. What becomes of a row is written to a file of results; counts,
the place in the list and the length of that file commit together, so that a run that lost its worker goes on where
that left off and counts no row twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from backoffice import audit, jobs
from backoffice.files.sniff import Unreadable
from consent.models import Program
from errors import campaign_past, rulebook
from errors.asked import message_of
from errors.audience import Judge, Judged, addressed
from errors.campaign_rows import Addressed, List, Words, columns, sniffed
from errors.campaign_tally import Group, Tally
from errors.fields import Template
from errors.models import CampaignCheck
from errors.preflight import Finding, Message, Verdict, check_around
from errors.preflight.recipient import place_of, read_recipient
from errors.projection import project
from errors.recipients import programs_of, recipients

KIND: Final = "errors.campaign_check"
MOST_ROWS: Final = 1_000_000
CHUNK: Final = 4_000
_COUNT_BEATS: Final = 100_000
_ORDER: Final = list(Verdict)
S = CampaignCheck.Status
STOPPED: Final = (S.FAILED, S.CANCELLED)


# --- asked for ----------------------------------------------------------------------------------------------


def ask(
    upload: File[bytes] | UploadedFile,
    *,
    original_name: str,
    name: str,
    template: str,
    message: dict[str, Any],
    program: Program | None,
    price: Decimal | None,
    by: User,
    before: CampaignCheck | None = None,
) -> CampaignCheck:
    """Store a list and have it checked. `message`: as errors.asked reads it, without text and recipient. Raises
    Unreadable for a file that is no list of numbers, or lacks a column that the text names; nothing is kept then."""
    check = CampaignCheck(
        name=name,
        template=template,
        message=message,
        program=program,
        price=price,
        original_name=Path(original_name).name[:255],
        size=upload.size or 0,
        asked_by=by,
        before=before,
    )
    if check.size > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            f"The file has {check.size:,} bytes; at most {settings.IMPORT_MAX_BYTES:,} are taken at once",
            check.original_name,
            "Split the list into several files.",
        )
    check.file.save("list.csv", upload, save=False)
    try:
        dialect = sniffed(Path(check.file.path), settings.IMPORT_MAX_BYTES)
        check.columns = columns(dialect, template)
    except Unreadable:
        check.file.delete(save=False)
        raise
    check.dialect = dialect.as_json()
    with transaction.atomic():
        check.save()
        audit.record(by, "campaign.check", check, size=check.size)
        jobs.start(KIND, check.pk, trigger="staff", by=by)
    return check


def ask_again(
    was: CampaignCheck,
    *,
    template: str,
    message: dict[str, Any],
    program: Program | None,
    price: Decimal | None,
    by: User,
) -> CampaignCheck:
    """The same list with another text or other settings, to be compared with. Raises Unreadable."""
    if not was.file:
        raise Unreadable("The list was removed after its time", was.original_name, "Choose the file again.")
    with was.file.open("rb") as stored:
        return ask(
            File(stored, name="list.csv"),
            original_name=was.original_name,
            name=was.name,
            template=template,
            message=message,
            program=program,
            price=price,
            by=by,
            before=was,
        )


def go_on(check: CampaignCheck, *, by: User) -> None:
    """Go on with a check that was cancelled or failed, after the last rows that were counted."""
    with transaction.atomic():
        here = CampaignCheck.objects.filter(pk=check.pk, removed_at=None)
        stopped = here.exclude(status=S.DONE) if is_stranded(check) else here.filter(status__in=STOPPED)
        if stopped.update(status=S.QUEUED, failure="", finished_at=None):
            audit.record(by, "campaign.go_on", check)
            jobs.start(KIND, check.pk, trigger="staff", by=by)


def cancel(check: CampaignCheck, *, by: User) -> None:
    """Stop after the rows that are being looked at."""
    run = check.run
    with transaction.atomic():
        if run is not None and run.is_unfinished:
            jobs.cancel(run, by)
            audit.record(by, "campaign.cancel", check)
    if is_stranded(check):  # it had not begun
        _end(check, S.CANCELLED)


def is_stranded(check: CampaignCheck) -> bool:
    """Whether it stands as waiting or running while no job works on it any more."""
    if check.status not in CampaignCheck.WORKING:
        return False
    run = check.run
    return run is None or not run.is_unfinished


# --- done ---------------------------------------------------------------------------------------------------


def check(subject: str, *, beat: jobs.Beat) -> dict[str, int]:
    """Check the list, from its first row or from where another worker left off.

    Raises jobs.Refused where the file cannot be read to its end, jobs.LostLease when another worker is ahead."""
    found = CampaignCheck.objects.select_related("program").get(pk=subject)
    if found.status == S.DONE or not found.file:
        return {}
    CampaignCheck.objects.filter(pk=found.pk).update(
        status=S.RUNNING, started_at=found.started_at or timezone.now(), failure="", finished_at=None
    )
    found.refresh_from_db()
    try:
        _begin(found, beat)
        _Run(found, beat).work()
        _project(found, beat)
    except Unreadable as problem:
        _end(found, S.FAILED, failure=str(problem))
        raise jobs.Refused(str(problem)) from problem
    except jobs.Cancelled:
        _end(found, S.CANCELLED)
        raise
    _end(found, S.DONE)
    return {"rows": found.rows_done, **found.verdicts}


def _end(check: CampaignCheck, status: str, **changes: Any) -> None:
    CampaignCheck.objects.filter(pk=check.pk).update(status=status, finished_at=timezone.now(), **changes)


def _begin(check: CampaignCheck, beat: jobs.Beat) -> None:
    """Count the rows. Rules that changed since make the check start over: half a list by each would say nothing."""
    stamp = rulebook.stamp()
    if check.rows_done and check.rules_stamp != stamp:
        check.rows_done = check.cursor_line = check.results_bytes = 0
        check.tally = {}
    if check.rows_total is None:
        check.rows_total = _counted(check, beat)
    if not check.results:
        check.results.save("results.csv", ContentFile(b""), save=False)
    check.rules_stamp = stamp
    check.save()


def _counted(check: CampaignCheck, beat: jobs.Beat) -> int:
    """Raises Unreadable."""
    count = 0
    for count, one in enumerate(_list(check).rows(), 1):
        if count > MOST_ROWS:
            raise Unreadable(
                f"The list has more than {MOST_ROWS:,} rows", f"line {one.row.line}", "Split it into two."
            )
        if count % _COUNT_BEATS == 0:
            beat(done=0)
    if not count:
        raise Unreadable(
            "The file has a header and no rows", "the whole file", "Export it again with its rows."
        )
    return count


def _list(check: CampaignCheck) -> List:
    template = Template.of(check.template) if check.template else None
    return List(Path(check.file.path), check.read_dialect, template, check.columns)


def message_for(check: CampaignCheck, programs: Sequence[Program]) -> Message:
    """The message as all rows have it; the brand is the program's, unless one was named."""
    message = message_of({"message": "", **check.message})
    if not message.brand and len(programs) == 1:
        message = replace(message, brand=programs[0].brand or None)
    return message


class _Run:
    """What one worker holds while the rows go by."""

    def __init__(self, check: CampaignCheck, beat: jobs.Beat) -> None:
        assert check.started_at is not None
        self.stored, self.beat, self.now = check, beat, check.started_at
        self.programs = [check.program] if check.program else programs_of(check.message.get("sender", ""))
        self.message = message_for(check, self.programs)
        rules = rulebook.in_force(rulebook.day_of(self.message.at, self.now))

        def around(message: Message) -> list[Finding]:
            return check_around(message, rules, now=self.now)

        self.judge = Judge(self.message, rules, self.now, around)
        self.words = Words(self.message, rules)
        self.tally = Tally.from_json(check.tally)

    def work(self) -> None:
        stored = self.stored
        self._remember()
        rows = _list(stored).rows(stored.cursor_line)
        self.beat(done=stored.rows_done, total=stored.rows_total)
        while chunk := list(islice(rows, CHUNK)):
            results = io.StringIO(newline="")
            csv.writer(results).writerows(self._judged(chunk))
            self._commit(chunk, results.getvalue().encode())
            self.beat(done=stored.rows_done, total=stored.rows_total, can_go_on=True)

    def _remember(self) -> None:
        """The numbers of the rows before: one that stands twice gets one text."""
        if self.stored.rows_done:
            for row in results_of(self.stored):
                if row[NUMBER]:
                    self.judge.seen.add(int(row[NUMBER][1:]))

    def _judged(self, chunk: Sequence[Addressed]) -> Iterator[list[Any]]:
        people = [addressed(self.message, one.row) for one in chunk]
        cells = [
            None if one.row.problem else read_recipient(person)
            for one, person in zip(chunk, people, strict=True)
        ]
        known = recipients({cell.e164 for cell in cells if cell and cell.e164}, self.programs, now=self.now)
        carriers = campaign_past.carriers([one.number_id for one in known.values()], self.now)
        for one, person, cell in zip(chunk, people, cells, strict=True):
            judged = self.judge.judged(one.row, cell, known, one.text)
            place = None if cell is None else place_of(person, cell)
            if not one.row.problem:
                judged = self._with_words(judged, one, place)
            size = self.words.size(one.text)
            recipient = known.get(judged.e164 or "")
            carrier = carriers.get(recipient.number_id, "") if recipient else ""
            group = Group(place or "", carrier, size.encoding.value, size.segments)
            self.tally.count(judged, size, group, is_known=recipient is not None)
            self.tally.missing.update(one.missing)
            if judged.verdict is not Verdict.BLOCK:
                self.tally.measured(one.row.line, one.text, size)
            codes = ";".join(dict.fromkeys(str(reason.code) for reason in judged.reasons))
            yield [
                *(one.row.line, one.row.to, one.row.country, judged.e164 or "", judged.verdict.value, codes),
                *(size.segments, " ".join(one.row.problem.split())),
            ]

    def _with_words(self, judged: Judged, one: Addressed, place: str | None) -> Judged:
        reasons, worst = self.words.judged(one.text, place, is_missing=bool(one.missing))
        if not reasons:
            return judged
        verdict = max(judged.verdict, worst, key=_ORDER.index)
        return replace(judged, verdict=verdict, reasons=(*judged.reasons, *reasons))

    def _commit(self, chunk: Sequence[Addressed], results: bytes) -> None:
        """The file first: what stands behind the length that the row knows is written again."""
        stored = self.stored
        with Path(stored.results.path).open("r+b") as file:
            file.seek(stored.results_bytes)
            file.write(results)
            file.truncate()
        mine = CampaignCheck.objects.filter(pk=stored.pk, cursor_line=stored.cursor_line, status=S.RUNNING)
        stored.cursor_line = chunk[-1].row.line
        stored.rows_done += len(chunk)
        stored.results_bytes += len(results)
        stored.tally = self.tally.as_json()
        moved = mine.update(
            cursor_line=stored.cursor_line,
            rows_done=stored.rows_done,
            results_bytes=stored.results_bytes,
            tally=stored.tally,
        )
        if not moved:
            raise jobs.LostLease(stored)


LINE, WRITTEN, COUNTRY, NUMBER, VERDICT, CODES, SEGMENTS, PROBLEM = range(8)


def results_of(check: CampaignCheck) -> Iterator[list[str]]:
    """What became of each row, as far as they are counted."""
    with Path(check.results.path).open("rb") as file:
        left = check.results_bytes

        def lines() -> Iterator[str]:
            nonlocal left
            while left > 0 and (line := file.readline(left)):
                left -= len(line)
                yield line.decode()

        yield from csv.reader(lines())


def _project(check: CampaignCheck, beat: jobs.Beat) -> None:
    """What history has to say about the rows that would go out."""
    groups = Tally.from_json(check.tally).groups
    assert check.started_at is not None
    about = {
        "sender": str(check.message.get("sender", "")),
        "provider": str(check.message.get("provider", "")),
    }
    past = campaign_past.past(groups, **about, until=check.started_at, beat=beat)
    found = project(groups, past, campaign_past.open_patterns(), own={**about, "campaign": check.name})
    countries = {group.country for group in groups}
    codes = campaign_past.likely_codes(found, countries, **about, until=check.started_at)
    check.projection = {**found.as_json(), "codes": codes, "days": campaign_past.DAYS}
    CampaignCheck.objects.filter(pk=check.pk).update(projection=check.projection)
