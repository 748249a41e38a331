"""Tables in the admin: what staff look up, and what administrators configure.

ReadOnlyAdmin       looked at and exported, changed by nobody
ConfigurationAdmin  edited, imported and exported by those who may

Both are safe on tables of millions of rows, and on addresses that somebody has bent: no field can be read by
guessing `?field__startswith=`, an object has one address, counts stop at a ceiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.forms import ExportForm
from import_export.results import Result
from import_export.tmp_storages import MediaStorage

from backoffice import audit
from backoffice.exchange import (
    FORMATS,
    IMPORT_FORMATS,
    SmallFile,
    Unusable,
    longest_export,
    resource_for,
    too_long,
)
from backoffice.keyset import CAP, capped_count
from backoffice.models import AuditEntry

CHOOSE = "Choose one"  # what a list says before anything is chosen


class CappedPaginator(Paginator):
    """Counts to a ceiling and no further: "10,000+" costs milliseconds where an exact count costs seconds."""

    CAP = CAP

    @cached_property
    def count(self) -> int:
        return capped_count(self.object_list, self.CAP)  # type: ignore[arg-type]


class OneAddress(admin.ModelAdmin):
    """One object has one address: 12, not 1_2, 012 or ١٢ — else logs and rights by address mean nothing."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None and from_field is None and str(found.pk) != object_id:
            return None
        return found

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404(f"There is no {opts.verbose_name} {object_id}.")


class KnownLookups(admin.ModelAdmin):
    """Filters by address are those the list offers. The stock admin filters by any field, shown or not, so
    that
    `?password__startswith=` reads a hidden field letter by letter."""

    allowed_lookups: Sequence[str] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        known = set(self.allowed_lookups)
        for entry in self.get_list_filter(request):  # type: ignore[arg-type]
            if isinstance(entry, type):
                known.add(getattr(entry, "parameter_name", ""))
                continue
            path = entry[0] if isinstance(entry, tuple) else entry
            known |= {f"{path}{ending}" for ending in ("", "__exact", "__id__exact", "__isnull", "__isempty")}
        return lookup in known


class PlainTitles(admin.ModelAdmin):
    """Pages are called after what they show: "Systems", "HubSpot"; not "Select system to change"."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        row = context.get("original")
        if row is not None:
            context |= {"title": str(row), "subtitle": str(self.opts.verbose_name).capitalize()}
        return super().render_change_form(request, context, *args, **kwargs)


class Table(OneAddress, KnownLookups, PlainTitles):
    """What every table of ours has: capped counts, small pages, the newest first, no sorting by unindexed
    columns."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    ordering = ["-pk"]
    actions: Any = None


class SafeExport(ExportMixin):
    """Export of the list as it is filtered. Nothing in the file runs in a spreadsheet; what was taken out
    is on record."""

    export_form_class = ExportForm
    export_formats = FORMATS
    export_fields: Sequence[str] | None = None
    export_excludes: Sequence[str] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request)) and longest_export(request.user) > 0

    def get_export_resource_classes(self, request: HttpRequest) -> list[type]:
        if self.resource_classes:
            return list(self.resource_classes)
        return [resource_for(self.model, fields=self.export_fields, excludes=self.export_excludes)]

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> bytes:
        most = longest_export(request.user)
        rows = queryset.order_by()[: most + 1].count()
        if rows > most:
            raise Unusable(too_long(request.user))
        file: bytes = super().get_export_data(file_format, request, queryset, **kwargs)
        AuditEntry.objects.create(
            actor=request.user if isinstance(request.user, User) else None,
            action="table.export",
            object_type=self.opts.model_name,
            details={"rows": rows, "filters": sorted(request.GET), "format": file_format.get_extension()},
        )
        return file


class ReadOnlyAdmin(SafeExport, Table):
    """Tables that staff look things up in; nobody adds, changes or deletes through them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ConfigurationAdmin(SafeExport, ImportExportMixin, Table):
    """Small tables that administrators keep. Every change is in the audit, by hand or by file.

    `import_key` names the column that says which row a line of the file is about, e.g. "slug"."""

    import_key = "id"
    import_formats = IMPORT_FORMATS
    import_form_class = SmallFile
    # The admin's own two-box selector is not accessible, and these choices are few.
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    tmp_storage_class = MediaStorage  # shared by every web process, unlike a folder of one of them
    change_list_template = None

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **{"empty_label": CHOOSE, **options})

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        may_be_blank = db_field.blank or not db_field.has_default()
        choices = db_field.get_choices(include_blank=may_be_blank, blank_choice=[("", CHOOSE)])
        return super().formfield_for_choice_field(db_field, request, **{"choices": choices, **options})

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what a record refers to stays; it is switched off instead

    def get_export_resource_classes(self, request: HttpRequest) -> list[type]:
        return self.get_import_resource_classes(request)

    def get_import_resource_classes(self, request: HttpRequest) -> list[type]:
        if self.resource_classes:
            return list(self.resource_classes)
        return [
            resource_for(
                self.model, key=self.import_key, fields=self.export_fields, excludes=self.export_excludes
            )
        ]

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        if isinstance(error, Unusable):
            form.add_error("import_file", str(error))
        else:
            form.add_error(
                "import_file",
                "This file cannot be read as a table. Save it as CSV (UTF-8, comma) with the column names in "
                "the first line and as many cells in every line, as an export of this table has.",
            )

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_import_data_kwargs(**kwargs), "rollback_on_validation_errors": True}

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            return self._again(
                request, "This file was taken in already, or is no longer kept. Choose it again."
            )

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            return self._again(
                request, "The table changed since you looked: the file no longer fits. Nothing was written."
            )
        for row in result.rows:
            if row.import_type in {row.IMPORT_TYPE_NEW, row.IMPORT_TYPE_UPDATE} and row.instance is not None:
                audit.record(request.user, f"table.import_{row.import_type}", row.instance)
        self._tell(request)
        return super().process_result(result, request)

    def save_related(self, request: HttpRequest, *args: Any) -> None:
        super().save_related(request, *args)
        self._tell(request)

    def _tell(self, request: HttpRequest) -> None:
        if consequence := import_string(settings.CONSEQUENCE)():
            messages.warning(request, consequence)

    def _again(self, request: HttpRequest, words: str) -> HttpResponse:
        messages.error(request, words)
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        audit.record(request.user, "table.add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        audit.record(request.user, "table.change", obj, changes=_changed(message))
        return super().log_change(request, obj, message)


def _changed(message: Any) -> list[str]:
    """The names of the fields that a save changed, from the admin's own change message."""
    if not isinstance(message, list):
        return []
    return [
        name
        for part in message
        if isinstance(part, dict)
        for name in part.get("changed", {}).get("fields", [])
    ]
