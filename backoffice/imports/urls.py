"""Addresses of the import wizard and of batches."""

from django.urls import path, register_converter

from backoffice.addresses import KeyConverter
from backoffice.imports.views import lists, result, steps, upload

register_converter(KeyConverter, "batch")


class BucketConverter:
    """The two kinds of rows that go back to a person."""

    regex = "rejected|held"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(BucketConverter, "bucket")

app_name = "imports"
urlpatterns = [
    path("", lists.batch_list, name="batch_list"),
    path("new", upload.upload, name="upload"),
    path("<batch:pk>/", result.batch, name="batch"),
    path("<batch:pk>/live", result.batch_live, name="live"),
    path("<batch:pk>/known", upload.known, name="known"),
    path("<batch:pk>/check-only", upload.check_only, name="check_only"),
    path("<batch:pk>/format", steps.batch_format, name="format"),
    path("<batch:pk>/mapping", steps.batch_mapping, name="mapping"),
    path("<batch:pk>/preview", steps.preview, name="preview"),
    path("<batch:pk>/check", steps.check, name="check"),
    path("<batch:pk>/confirm", steps.confirm, name="confirm"),
    path("<batch:pk>/cancel", result.cancel, name="cancel"),
    path("<batch:pk>/resume", result.resume, name="resume"),
    path("<batch:pk>/take-held", result.take_held, name="take_held"),
    path("<batch:pk>/void", result.void, name="void"),
    path("<batch:pk>/<bucket:bucket>.csv", result.rows_file, name="rows_file"),
    path("<batch:pk>/file", result.raw_file, name="raw_file"),
]
