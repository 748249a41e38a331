"""What staff fill in. A form checks what it can see; whether the decision may be taken, consent.correct decides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.access import can, staff_with
from backoffice.models import System
from backoffice.words import staff_words
from consent.correct import CHANNELS, NO_MOMENT, Choice, Moment, Seen, evidence_id
from consent.ledger import Precision
from consent.models import ConsentRecord, Decision, Flag, Program, Reading, ReasonCode, Wording
from consent.numbers import FRAGMENT, digits_of

MAX_PROOF = 10_000_000  # bytes
# Ending → how such a file begins; empty: any bytes that are text.
PROOF_TYPES: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "wav": (b"RIFF",),
    "txt": (),
    "eml": (),
}


class ProofField(forms.FileField):
    """A file that shows what a person agreed to or said: checked by size, ending and first bytes."""

    widget = forms.ClearableFileInput(attrs={"accept": ",".join(f".{ending}" for ending in PROOF_TYPES)})

    def clean(self, data: Any, initial: Any = None) -> UploadedFile | None:
        file: UploadedFile | None = super().clean(data, initial)
        if not file:
            return None
        ending = (file.name or "").rsplit(".", 1)[-1].lower()
        known = ", ".join(sorted(PROOF_TYPES))
        if file.size is not None and file.size > MAX_PROOF:
            raise forms.ValidationError(
                f"The file has {file.size / 1e6:.1f} MB; at most {MAX_PROOF / 1e6:.0f} MB are kept. "
                "Save it smaller, or link to where it is kept."
            )
        if ending not in PROOF_TYPES:
            raise forms.ValidationError(f"A file of this type is not taken as proof. Use one of: {known}.")
        head = file.read(4096)
        file.seek(0)
        begins = PROOF_TYPES[ending]
        if begins and not head.startswith(begins):
            raise forms.ValidationError(f"The file is named .{ending}, but its content is something else.")
        if not begins and b"\x00" in head:
            raise forms.ValidationError(f"The file is named .{ending}, but it is no text.")
        return file


def reason_field(reasons: Sequence[ReasonCode], *, required: bool = False) -> forms.TypedChoiceField:
    """Reasons of one decision with what each demands; the cleaned value is the ReasonCode."""
    by_key = {str(reason.pk): reason for reason in reasons}
    return forms.TypedChoiceField(
        choices=[("", "Choose a reason …"), *((key, _demands(reason)) for key, reason in by_key.items())],
        coerce=by_key.__getitem__,
        empty_value=None,
        required=required,
        label="Reason",
    )


def _demands(reason: ReasonCode) -> str:
    demands = {
        "words": reason.needs_words,
        "proof": reason.needs_proof,
        "second person": reason.needs_second_person,
    }
    needed = ", ".join(name for name, is_needed in demands.items() if is_needed)
    return f"{reason.label} ({needed})" if needed else reason.label


def active_reasons() -> dict[str, list[ReasonCode]]:
    """By decision, in the order of their labels; one query."""
    found: dict[str, list[ReasonCode]] = {decision: [] for decision in Decision.values}
    for reason in ReasonCode.objects.filter(is_active=True).order_by("label", "pk"):
        found[reason.decision].append(reason)
    return found


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class DecisionForm(forms.Form):
    """One decision. Every decision has its own reasons; the fields of the others are ignored."""

    decision = forms.ChoiceField(choices=Decision.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        required=False,
        max_length=4000,
        label="In your words",
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "What you checked, and why this is right"}),
    )
    proof = ProofField(required=False, label="Proof as a file", help_text="PDF, picture, recording, text.")
    proof_link = forms.URLField(
        required=False, label="or link to it", max_length=200, assume_scheme="https", widget=forms.URLInput
    )
    day = forms.DateField(required=False, label="Day it was said", widget=_day())
    hour = forms.TimeField(required=False, label="Time, if known", widget=_hour())
    channel = forms.ChoiceField(required=False, choices=CHANNELS.items(), label="How we heard it")
    reference = forms.CharField(
        required=False,
        max_length=200,
        label="Ticket or call id",
        help_text="With one it counts like a STOP.",
    )
    said = forms.CharField(
        required=False,
        max_length=2000,
        label="What the person said",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    scope = forms.ChoiceField(
        required=False,
        label="For",
        choices=[("all", "All programs"), ("one", "This program only, as the person said")],
        initial="all",
    )
    whose = forms.ChoiceField(
        required=False,
        label="Whose",
        choices=[("number", "This number"), ("person", "All numbers of the person")],
        initial="number",
    )
    wording = forms.ModelChoiceField(
        Wording.objects.none(),
        required=False,
        label="Text that was agreed to",
        empty_label="Choose the text …",
    )
    voids = forms.ChoiceField(required=False, label="What to void")
    until = forms.DateField(required=False, label="Waive until", widget=_day())
    to = forms.ModelChoiceField(
        User.objects.none(), required=False, label="Hand to", empty_label="Any supervisor"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    fingerprint = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    token = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    stay = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        by: User,
        decision: str,
        flag: Flag | None = None,
        program: Program | None = None,
        voidable: Sequence[ConsentRecord | Reading] = (),
    ) -> None:
        initial: dict[str, Any] = {"token": uuid.uuid4().hex, "decision": decision}
        if flag is not None:
            initial |= {"version": flag.version, "fingerprint": flag.fingerprint}
        super().__init__(data, files, initial=initial)
        self.by = by
        shown_with_proof = {Decision.PROOF.value, Decision.VOID.value}
        for name, reasons in active_reasons().items():
            self.fields[f"reason_{name}"] = reason_field(reasons)
            if any(reason.needs_proof for reason in reasons):
                shown_with_proof.add(name)
        self.proof_for = " ".join(sorted(shown_with_proof))
        chosen = self.fields["wording"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = Wording.objects.filter(program=program, kind=Wording.Kind.OPT_IN).order_by(
            "-valid_from", "code", "pk"
        )
        heads = self.fields["to"]
        assert isinstance(heads, forms.ModelChoiceField)
        heads.queryset = _by_name(staff_with("consent.approve_correction").exclude(pk=by.pk))
        self.fields["voids"].choices = [  # type: ignore[attr-defined]
            ("", "Choose what to void …"),
            *((evidence_id(row), describe(row)) for row in voidable),
        ]
        self.offered = list(offered(by, flag, has_voidable=bool(voidable)))
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (decision.value, decision.label) for decision in self.offered
        ]

    @property
    def reasons(self) -> list[tuple[str, forms.BoundField]]:
        """Each offered decision with the field of its reasons."""
        return [(decision.value, self[f"reason_{decision.value}"]) for decision in self.offered]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision = cleaned.get("decision")
        if decision and not cleaned.get(f"reason_{decision}"):
            self.add_error(f"reason_{decision}", "Choose a reason; it goes on record.")
        if cleaned.get("hour") and not cleaned.get("day"):
            self.add_error("day", "Give the day as well.")
        return cleaned

    def choice(self) -> Choice:
        """The valid form as a decision."""
        given = self.cleaned_data
        decision = Decision(given["decision"])
        until = given.get("until")
        return Choice(
            decision=decision,
            reason=given[f"reason_{decision.value}"],
            words=given["words"],
            proof=given.get("proof"),
            proof_link=given["proof_link"],
            moment=moment(given.get("day"), given.get("hour")),
            channel=given["channel"],
            reference=given["reference"],
            said=given["said"],
            for_all_programs=given["scope"] != "one",
            for_whole_person=given["whose"] == "person",
            wording=given.get("wording"),
            voids=given["voids"],
            until=end_of(until) if until else None,
            to=given.get("to"),
        )

    def seen(self) -> Seen | None:
        """What the page showed; None where it did not say."""
        version, fingerprint = self.cleaned_data.get("version"), self.cleaned_data.get("fingerprint")
        return Seen(version, fingerprint) if version and fingerprint else None


def offered(by: User, flag: Flag | None, *, has_voidable: bool) -> Sequence[Decision]:
    """The decisions that make sense here and that this person may take."""
    if flag is None:
        found = [Decision.REVOKE, Decision.PROOF, *([Decision.VOID] if has_voidable else [])]
    elif flag.number_id is None:
        found = [Decision.WAIVE, Decision.ESCALATE]
    else:
        found = [decision for decision in Decision if decision != Decision.VOID or has_voidable]
    return [decision for decision in found if decision != Decision.WAIVE or can(by, "consent.waive_flag")]


def _by_name(people: QuerySet[User]) -> QuerySet[User]:
    return people.order_by("first_name", "username", "pk")


def describe(row: ConsentRecord | Reading) -> str:
    """One line that tells a record from the others."""
    if isinstance(row, Reading):
        return f"{row.system.name} says “{row.text or row.value}” (read {staff_words(row.read_at)})"
    when = staff_words(row.occurred_at) if row.occurred_at else "at an unknown time"
    said = f": “{row.words[:60]}”" if row.words else ""
    return f"{row.get_kind_display().capitalize()}, {when}{said}"


def local(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=timezone.get_current_timezone())


def end_of(day: date) -> datetime:
    """Its last second on the staff's clock."""
    return local(day, time.max.replace(microsecond=0))


def moment(day: date | None, hour: time | None) -> Moment:
    """A day and perhaps an hour on the staff's clock, as exact as they are."""
    if day is None:
        return NO_MOMENT
    at = local(day, hour or time.min)
    text = f"{day.isoformat()} {hour:%H:%M}" if hour else day.isoformat()
    precision = Precision.SECOND if hour else Precision.DATE
    return Moment(at.astimezone(UTC), precision, text, timezone.get_current_timezone_name())


class AssignForm(forms.Form):
    """Whose the flag is to be: somebody's who can work on it."""

    to = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = self.fields["to"]
        assert isinstance(colleagues, forms.ModelChoiceField)
        colleagues.queryset = _by_name(staff_with("consent.review_flag"))


class SnoozeForm(forms.Form):
    """Until when; the words of the menu, or a day."""

    SPANS = {
        "4h": timedelta(hours=4),
        "1d": timedelta(days=1),
        "3d": timedelta(days=3),
        "7d": timedelta(days=7),
    }

    span = forms.ChoiceField(choices=[(key, key) for key in SPANS])
    note = forms.CharField(required=False, max_length=500)

    def until(self, now: datetime) -> datetime:
        return now + self.SPANS[self.cleaned_data["span"]]


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=4000, widget=forms.Textarea(attrs={"rows": 2}), label="Note for colleagues"
    )
    tell = forms.CharField(max_length=150, required=False)

    def note(self) -> str:
        """The words, beginning with whom they are for where that was chosen apart."""
        text, tell = self.cleaned_data["text"], self.cleaned_data["tell"].lstrip("@")
        return f"@{tell} {text}" if tell else str(text)


class ManyForm(forms.Form):
    """The reason for a decision about many flags, and the selection it was previewed for."""

    words = forms.CharField(
        required=False, max_length=4000, label="In your words", widget=forms.Textarea(attrs={"rows": 2})
    )
    picks = forms.CharField(widget=forms.HiddenInput)
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = reason_field(active_reasons()[Decision.ALIGN.value], required=True)
        self.order_fields(["reason", "words"])


class WaiveSettingsForm(forms.Form):
    """Why the flags about a system's settings may wait, and until when."""

    words = forms.CharField(
        max_length=4000,
        label="In your words",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who will change the setting, and why not now.",
    )
    until = forms.DateField(label="Waive until", widget=_day(), help_text="After that day they open again.")
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)
    seen_at = forms.DateTimeField(widget=forms.HiddenInput)  # what is raised later is not waived

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = reason_field(active_reasons()[Decision.WAIVE.value], required=True)
        self.order_fields(["reason", "words", "until"])

    def clean_until(self) -> datetime:
        """The end of the day on the staff's clock."""
        return end_of(self.cleaned_data["until"])


class NumberSearch(forms.Form):
    """Part of a number or the beginning of a name. Sent by POST: personal data stands in no address."""

    text = forms.CharField(max_length=100, label="Number or name", strip=True)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if not any(sign.isalpha() for sign in text) and len(digits_of(text)) < FRAGMENT:
            raise forms.ValidationError(f"Type at least {FRAGMENT} digits, or the beginning of a name.")
        return text


class SourceSettingsForm(forms.ModelForm):
    """What a system does on its own to consent."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who changed it in the system itself, and when; it stays on record.",
    )

    class Meta:
        model = System
        fields = ("overwrites_on_sync", "subscribes_by_default", "excludes", "expected_every_hours")
        labels = {"excludes": "Leaves alone", "expected_every_hours": "A file is expected every … hours"}
