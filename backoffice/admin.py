"""The ground floor's tables: what is configured, what was taken in, what ran, who did what, who may do
what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice import audit
from backoffice.models import AuditEntry, ColumnMapping, ImportBatch, ImportRow, JobRun, System
from backoffice.tables import (
    CappedPaginator,
    ConfigurationAdmin,
    KnownLookups,
    OneAddress,
    PlainTitles,
    ReadOnlyAdmin,
)
from backoffice.templatetags.frame import staff_time, status_chip

admin.site.site_header = "Back-office"
admin.site.site_title = "Back-office"
admin.site.index_title = "Tables"
admin.site.enable_nav_sidebar = False  # the frame has its own navigation


def _open(url: str, what: str) -> SafeString:
    return format_html('<a href="{}">Open<span class="visually-hidden"> {}</span></a>', url, what)


@admin.register(System)
class SystemAdmin(ConfigurationAdmin):
    import_key = "slug"
    export_fields = (
        "slug",
        "name",
        "kind",
        "importer",
        "time_zone",
        "default_region",
        "overwrites_on_sync",
        "subscribes_by_default",
        "excludes",
        "expected_every_hours",
        "delivery",
        "record_url",
        "is_active",
        "notes",
    )
    list_display = ("name", "kind", "time_zone", "overwrites_on_sync", "expected_every_hours", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "slug")
    ordering = ["name", "pk"]
    fieldsets = (
        (None, {"fields": ("name", "slug", "kind", "is_active", "notes")}),
        (
            "Reading its files",
            {"fields": ("importer", "time_zone", "default_region", "expected_every_hours")},
        ),
        (
            "What it does to consent",
            {"fields": ("overwrites_on_sync", "subscribes_by_default", "excludes", "delivery", "record_url")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: System | None = None) -> tuple[str, ...]:
        # Addresses and commands use the slug.
        return ("slug", *obj.fixed()) if obj else ()


@admin.register(ColumnMapping)
class ColumnMappingAdmin(ReadOnlyAdmin):
    """Versions are looked at here; the import wizard makes new ones."""

    list_display = ("system", "name", "version", "state", "confirmed_by", "created")
    list_filter = ("system",)
    list_select_related = ("system", "confirmed_by")
    readonly_fields = ("wizard",)

    @admin.display(description="state")
    def state(self, mapping: ColumnMapping) -> str:
        return "In use" if mapping.replaced_at is None else "Replaced"

    @admin.display(description="created")
    def created(self, mapping: ColumnMapping) -> str:
        return staff_time(mapping.created_at)

    @admin.display(description="change it")
    def wizard(self, mapping: ColumnMapping) -> SafeString:
        return format_html('<a href="{}">Import a file of {}</a>', reverse("imports:upload"), mapping.system)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ("original_name", "system", "state", "rows_total", "uploaded", "uploaded_by", "page")
    list_filter = ("status", "system")
    list_select_related = ("system", "uploaded_by")
    search_fields = ("original_name",)
    # Neither the files nor the token that confirms an import: its own page has what staff may do with them.
    fields = (
        "system",
        "mapping",
        "status",
        "original_name",
        "size",
        "sha256",
        "as_of",
        "uploaded_by",
        "uploaded_at",
        "rows_total",
        "rows_done",
        "counts",
        "confirmed_by",
        "confirmed_at",
        "started_at",
        "finished_at",
        "failure",
        "voided_by",
        "voided_at",
        "void_reason",
        "mends",
    )
    export_excludes = ("confirm_token", "preview", "dialect", "file", "rows_file")

    @admin.display(description="status", ordering="status")
    def state(self, batch: ImportBatch) -> SafeString:
        return status_chip(batch)

    @admin.display(description="uploaded")
    def uploaded(self, batch: ImportBatch) -> str:
        return staff_time(batch.uploaded_at)

    @admin.display(description="its page")
    def page(self, batch: ImportBatch) -> SafeString:
        return _open(reverse("imports:batch", args=[batch.pk]), f"import {batch.pk}")


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    list_display = ("line", "batch", "bucket", "reason", "detail", "settled")
    list_filter = ("bucket", ("settled_at", admin.EmptyFieldListFilter))
    list_select_related = ("batch__system",)
    allowed_lookups = ("batch__id__exact", "settled_at__isnull", "reason__exact")

    @admin.display(description="settled")
    def settled(self, row: ImportRow) -> str:
        return staff_time(row.settled_at)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ("kind", "subject", "state", "trigger", "queued", "page")
    list_filter = ("status", "trigger")

    @admin.display(description="status")
    def state(self, run: JobRun) -> SafeString:
        return status_chip(run)

    @admin.display(description="queued")
    def queued(self, run: JobRun) -> str:
        return staff_time(run.queued_at)

    @admin.display(description="its page")
    def page(self, run: JobRun) -> SafeString:
        return _open(reverse("jobs:run", args=[run.pk]), f"run {run.pk}")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("when", "actor", "action", "object_type", "object_id", "reason")
    list_select_related = ("actor",)
    search_fields = ("=action", "=object_id")
    search_help_text = "A whole action (flag.waive) or the number of an object."
    allowed_lookups = ("object_type__exact", "object_id__exact", "actor__id__exact", "action__exact")

    @admin.display(description="when")
    def when(self, entry: AuditEntry) -> str:
        return staff_time(entry.at)


# --- people -------------------------------------------------------------------------------------------------

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(OneAddress, KnownLookups, PlainTitles, StockUserAdmin):
    """Accounts. Administrators give roles; only a superuser makes superusers or touches their accounts,
    else the
    right to change accounts would be the right to everything."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_seen")
    list_filter = ("is_active", "is_staff", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        (
            "What they may do",
            {"fields": ("is_active", "is_staff", "groups", "is_superuser")},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()  # rights come from roles alone, so there are few boxes

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="last signed in")
    def last_seen(self, user: User) -> str:
        return staff_time(user.last_login)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = tuple(self.readonly_fields)
        return fixed if request.user.is_superuser else (*fixed, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # what somebody did keeps their name; an account is switched off

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        audit.record(request.user, "user.add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        roles = sorted(obj.groups.values_list("name", flat=True))
        audit.record(
            request.user, "user.change", obj, roles=roles, active=obj.is_active, superuser=obj.is_superuser
        )
        return super().log_change(request, obj, message)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Roles. Their rights are written in backoffice/access.py and set after every migrate; here one reads
    them."""

    list_display = ("name", "members")
    ordering = ["name"]
    fields = ("name", "may", "who")
    readonly_fields = ("may", "who")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(members=Count("user"))

    @admin.display(description="people")
    def members(self, group: Group) -> int:
        return group.members  # type: ignore[attr-defined]

    @admin.display(description="may")
    def may(self, group: Group) -> SafeString:
        names = group.permissions.order_by("content_type__app_label", "codename").values_list(
            "name", flat=True
        )
        return format_html_join("", "{}<br>", ((name,) for name in names))

    @admin.display(description="people")
    def who(self, group: Group) -> str:
        return ", ".join(group.user_set.order_by("username").values_list("username", flat=True)) or "nobody"
