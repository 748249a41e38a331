"""The list of numbers that must not be texted, as a file for a messaging platform: whole, or what changed since the
last one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from backoffice import audit
from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import System
from backoffice.words import staff_words
from consent.models import Program, SuppressionExport
from consent.suppressions import NotACursor, Page, everything

RIGHT = "consent.add_suppressionexport"
HEADER = ("number", "suppressed", "answer", "reasons", "agreed_status")
IN_MEMORY = 5_000_000  # bytes; a longer file is put on disk
SHOWN = 50  # earlier files that changes can go on from


class SuppressionForm(forms.Form):
    """For whom, and from where on."""

    system = forms.ModelChoiceField(
        System.objects.filter(kind=System.Kind.PLATFORM, is_active=True).order_by("name", "pk"),
        label="Messaging platform",
        empty_label="Choose one",
    )
    program = forms.ModelChoiceField(
        Program.objects.filter(is_active=True).order_by("name", "pk"),
        empty_label="Choose one",
        help_text="One that is switched off has no list: nobody is texted for it.",
    )
    kind = forms.ChoiceField(
        label="What",
        choices=[("changes", "Changes since the last file"), ("full", "The whole list")],
        widget=forms.RadioSelect,
        initial="changes",
    )
    after = forms.ModelChoiceField(
        SuppressionExport.objects.none(),
        required=False,
        label="Changes since",
        empty_label="the last file of that platform and program",
        help_text="An earlier one, if a file never arrived: what is told twice does no harm.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        after = self.fields["after"]
        assert isinstance(after, forms.ModelChoiceField)
        after.queryset = SuppressionExport.objects.select_related("system", "program").order_by("-pk")
        recent = SuppressionExport.objects.select_related("system", "program").order_by("-pk")[:SHOWN]
        after.choices = [("", after.empty_label), *((one.pk, _named(one)) for one in recent)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        system, program = given.get("system"), given.get("program")
        if given.get("kind") != "changes" or not (system and program):
            return given
        if given.get("after") is None:
            last = SuppressionExport.objects.filter(system=system, program=program).order_by("-pk").first()
            if last is None:
                self.add_error(
                    "kind",
                    f"{system} has had no file of {program} yet: take the whole list first.",
                )
            given["after"] = last
        elif (given["after"].system, given["after"].program) != (system, program):
            self.add_error("after", "That file was for another platform or program.")
        return given


def _named(export: SuppressionExport) -> str:
    return f"{staff_words(export.made_at)}: {export.program}, {export.system}"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(RIGHT)
def suppression_list(request: HttpRequest) -> HttpResponse:
    """The files taken so far, and a form for the next one. Who takes which is on record."""
    form = SuppressionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        after = given["after"] if given["kind"] == "changes" else None
        try:
            return _file(given["system"], given["program"], after, request.user, timezone.now())
        except NotACursor:
            form.add_error(
                "after", "That file's place in the list is not known any more: take the whole list."
            )
    page = page_of(
        SuppressionExport.objects.select_related("system", "program", "made_by"),
        request.GET,
        order=[Key("pk", descending=True)],
    )
    context = {
        "title": "Suppression lists",
        "subtitle": "Numbers that a messaging platform must not text, as files it can take in.",
        "crumbs": [("Holds", reverse("consent:hold_list"))],
        "current": "holds",
        "form": form,
        "page": page,
    }
    return render_in_admin(request, "consent/suppression_list.html", context)


def _file(
    system: System, program: Program, after: SuppressionExport | None, by: Any, now: datetime
) -> HttpResponse:
    assert isinstance(by, User)
    stream = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by the response
    pages = everything(program, now=now, cursor=after.cursor if after else "")
    rows, cursor = _write(stream, pages)
    export = SuppressionExport.objects.create(
        system=system,
        program=program,
        is_full=after is None,
        cursor=cursor,
        rows=rows,
        made_by=by,
        made_at=now,
    )
    audit.record(
        by,
        "suppressions.download",
        export,
        system=system.slug,
        program=program.code,
        rows=rows,
        is_full=export.is_full,
    )
    stream.seek(0)
    kind = "all" if export.is_full else "changes"
    name = f"suppressions-{kind}-{system.slug}-{program.code}-{now:%Y%m%dT%H%M%S}.csv"
    response = FileResponse(stream, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # streamed, as Django’s views may give


def _write(stream: Any, pages: Iterable[Page]) -> tuple[int, str]:
    """How many rows, and how far the list was read. Every cell is of our own making; a number keeps its plus sign."""
    text = io.TextIOWrapper(stream, encoding="ascii", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(HEADER)
    rows, cursor = 0, ""
    for part in pages:
        for number, is_suppressed, verdict in part.items:
            writer.writerow(
                (
                    number,
                    "yes" if is_suppressed else "no",
                    verdict.answer.value,
                    " ".join(verdict.why),
                    verdict.status or "",
                )
            )
        rows, cursor = rows + len(part.items), part.cursor
    text.detach()
    return rows, cursor
