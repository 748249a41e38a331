from backoffice.models.append_only import AppendOnly, AppendOnlyError, AppendOnlyQuerySet
from backoffice.models.audit_entry import AuditEntry
from backoffice.models.fixed import FixedInUse
from backoffice.models.import_batch import Bucket, IllegalMove, ImportBatch, ImportRow, StaleBatch
from backoffice.models.job_run import JobRun
from backoffice.models.lookups import AnyOf
from backoffice.models.saved_view import SavedView
from backoffice.models.system import ColumnMapping, System
from backoffice.models.token import ApiToken, Scope
from backoffice.models.webhook import WebhookCall, WebhookEndpoint, WebhookWork

__all__ = [
    "AnyOf",
    "ApiToken",
    "AppendOnly",
    "AppendOnlyError",
    "AppendOnlyQuerySet",
    "AuditEntry",
    "Bucket",
    "ColumnMapping",
    "FixedInUse",
    "IllegalMove",
    "ImportBatch",
    "ImportRow",
    "JobRun",
    "SavedView",
    "Scope",
    "StaleBatch",
    "System",
    "WebhookCall",
    "WebhookEndpoint",
    "WebhookWork",
]
