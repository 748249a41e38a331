"""One settings file. Everything that differs between machines is an environment variable with a default that
runs on one machine; docs/operating.md lists them."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


def listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def hours_by_name(name: str) -> dict[str, int | None]:
    """ "*=72,twilio=24,vonage:DE=never" as {"*": 72, "twilio": 24, "vonage:DE": None}."""
    found: dict[str, int | None] = {}
    for part in listed(name):
        key, _, hours = (piece.strip() for piece in part.partition("="))
        if not key or not (hours == "never" or hours.isdecimal()):
            raise ImproperlyConfigured(
                f"{name}: “{part}” is not like “*=72”, “twilio=24” or “vonage:DE=never”."
            )
        found[key] = None if hours == "never" else int(hours)
    return found


def hours_or_never(name: str, default: str) -> int | None:
    """ "24" as 24, "never" as None."""
    hours = os.environ.get(name, default).strip()
    if hours != "never" and not hours.isdecimal():
        raise ImproperlyConfigured(f"{name}: “{hours}” is neither a number of hours nor “never”.")
    return None if hours == "never" else int(hours)


def kept_secret(path: Path) -> str:
    """The signing key of a single machine: made once, kept beside the data, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)
DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
DEBUG = flag("DEBUG")
HTTPS = flag("HTTPS")
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
# Seal the keys and passwords of other systems; the newest first, each of 32 characters or more.
SECRETS_KEYS = listed("SECRETS_KEYS")
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
TIME_ZONE = os.environ.get("TIME_ZONE", "America/New_York")  # the staff's clock; stored times are UTC
ORGANISATION = os.environ.get("ORGANISATION", "Our organisation")

INSTALLED_APPS = [
    "backoffice",
    "consent",
    "errors",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "import_export",
    "csp",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "backoffice.refusals.wrong_method",
]
ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.frame.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN: two writers queue instead of one failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # Without recursive triggers, REPLACE would remove append-only rows unasked.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
    }
    # A file, so that a real worker process sees the test's data.
    DATABASES["default"]["TEST"] = {
        "NAME": os.environ.get("TEST_DATABASE_FILE", str(VAR_DIR / "test.sqlite3"))
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Lock a name from one address, never an address alone: staff share an office's address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "backoffice/lockout.html"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_AGE = 60 * 60 * 10
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if flag("BEHIND_PROXY"):
    # Only when the proxy strips the header from what visitors send.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["backoffice.formats"]  # moments in the admin carry their zone
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR_DIR / "static"))
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = Path(
    os.environ.get("MEDIA_ROOT", VAR_DIR / "uploads")
)  # outside any web root; views check rights
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# What one import may bring.
IMPORT_MAX_BYTES = int(os.environ.get("IMPORT_MAX_BYTES", 500_000_000))
IMPORT_MAX_ROWS = int(os.environ.get("IMPORT_MAX_ROWS", 5_000_000))
IMPORT_CHUNK_ROWS = int(os.environ.get("IMPORT_CHUNK_ROWS", 5_000))
# Personal data in files is kept for a time only; the batch and what it brought stay.
IMPORT_FILE_DAYS = int(os.environ.get("IMPORT_FILE_DAYS", 30))
IMPORT_REJECTED_DAYS = int(os.environ.get("IMPORT_REJECTED_DAYS", 14))  # cells of rejected rows
# A file whose system kind is named here is read by that class (kept as text: this floor knows no room above it).
IMPORTERS = {
    "consent": "consent.intake.ConsentImporter",
    "errors": "errors.intake.LogImporter",
}

# How often one token may ask the API in a second, counted in each server process; 0: as often as it likes.
API_REQUESTS_PER_SECOND = int(os.environ.get("API_REQUESTS_PER_SECOND", 0))
# Calls of providers: how much one may bring, and how long it is kept as it came (it holds numbers and texts).
WEBHOOK_MAX_BYTES = int(os.environ.get("WEBHOOK_MAX_BYTES", 262_144))
WEBHOOK_CALL_DAYS = int(os.environ.get("WEBHOOK_CALL_DAYS", 30))
# What the rooms make of them (kept as text: this floor knows no room above it).
WEBHOOK_ROOMS = {
    "asks_to_stop": "consent.intake.inbound.asks_to_stop",  # is it heard even when it comes too late?
    "at_once": "consent.intake.inbound.take_at_once",  # before the provider has its answer
    "inbound": "consent.intake.inbound.take",
    "reports": "errors.intake.callbacks.take",
}

# What must always be so; `manage.py verify_ledger` and a nightly run check it.
IDENTITIES = (
    "backoffice.identities.of_files_and_runs",
    "consent.identities.of_consent",
    "errors.identities.of_errors",
)

# What fills an empty database for a first look, in this order.
DEMOS = ("consent.demo.load", "errors.demo.load")

# What a background run of each kind calls.
JOB_VERBS = {
    "import.recognise": "backoffice.imports.receive.recognise_in_background",
    "import.check": "backoffice.imports.check.check",
    "import.run": "backoffice.imports.run.run",
    "backoffice.verify_ledger": "backoffice.identities.verify",
    "consent.reconcile": "consent.reconcile.reconcile",
    "consent.rebuild": "consent.reconcile.rebuild",
    "consent.deliver": "consent.deliver.deliver",
    "errors.rollup": "errors.rollup.rollup",
    "errors.overdue": "errors.overdue.overdue",
    "errors.retain": "errors.retain.retain",
    "errors.detect": "errors.detect.detect",
    "errors.verify": "errors.verify.verify",
    "errors.campaign_check": "errors.campaign_check.check",
    "errors.replay": "errors.replay.run.replay",
    "errors.quality": "errors.quality.look.look",
}

# Consent policy: every legal threshold is a dated setting (docs/decisions.md says where each comes from).
CONSENT_POLICY: dict[str, Any] = {
    "stop_scope": os.environ.get("STOP_SCOPE", "sender"),
    "revoke_all_from": os.environ.get("REVOKE_ALL_FROM", "2027-01-31"),
    "clock_skew_seconds": int(os.environ.get("CLOCK_SKEW_SECONDS", 120)),
    "form_defeats_stop": flag("FORM_DEFEATS_STOP"),
    "company_life_from": os.environ.get("COMPANY_LIFE_FROM", "2000-01-01"),
    # A revocation has to be in force everywhere: within the house's own hours, and within the law's business days of
    # the country (or part of it: US-CA) whose holidays the organisation keeps.
    "in_force_within_hours": hours_or_never("IN_FORCE_WITHIN_HOURS", "24"),
    "in_force_within_business_days": int(os.environ.get("IN_FORCE_WITHIN_BUSINESS_DAYS", 10)),
    "business_calendar": os.environ.get("BUSINESS_CALENDAR", "US"),
}
# Who looks the messages up that went to numbers after a revocation (kept as text: consent knows no room above it).
SENDS_AFTER_STOP = "errors.after_stop.notice_sends"
# The send log. Bodies and rows are kept for a time only; a report that does not come in time is not a failure.
SEND_LOG: dict[str, Any] = {
    "body_days": int(os.environ.get("SEND_LOG_BODY_DAYS", 90)),
    "row_days": int(os.environ.get("SEND_LOG_ROW_DAYS", 396)),
    # Hours after which no final report is expected any more: by provider, by "provider:COUNTRY", else "*".
    # None ("never"): that route reports no deliveries. FINAL_AFTER_HOURS="*=72,twilio=24,vonage:DE=never"
    "final_after_hours": {"*": 72} | hours_by_name("FINAL_AFTER_HOURS"),
}
# Lists of checked campaigns, and what became of their rows; the counts stay.
CAMPAIGN_FILE_DAYS = int(os.environ.get("CAMPAIGN_FILE_DAYS", 30))
# Templates that one person may get again and again, such as one-time passwords: no duplicate sends.
MAY_REPEAT_TEMPLATES = [name for name in os.environ.get("MAY_REPEAT_TEMPLATES", "otp").split(",") if name]
# The search for patterns: what counts as one, and what is looked at.
PATTERNS = {
    # Failures above what is expected: at least this many, and at least this share of the window's sends …
    "min_excess": float(os.environ.get("PATTERN_MIN_EXCESS", 30)),
    "min_share": float(os.environ.get("PATTERN_MIN_SHARE", 0.0005)),
    # … and a rate at least this many times the expected one.
    "min_ratio": float(os.environ.get("PATTERN_MIN_RATIO", 1.5)),
    "false_discoveries": float(os.environ.get("PATTERN_FALSE_DISCOVERIES", 0.01)),
    "min_people": int(os.environ.get("PATTERN_MIN_PEOPLE", 5)),  # different ones among the failures
    "hours": int(os.environ.get("PATTERN_HOURS", 6)),  # of an hourly look
    "baseline_days": int(os.environ.get("PATTERN_BASELINE_DAYS", 7)),  # that an hourly look compares with
    "baseline_weeks": int(os.environ.get("PATTERN_BASELINE_WEEKS", 4)),  # that a daily look compares with
    "looked_back_days": int(
        os.environ.get("PATTERN_LOOKED_BACK_DAYS", 7)
    ),  # looked at again when news come late
}
RECONCILE_CHUNK_NUMBERS = int(os.environ.get("RECONCILE_CHUNK_NUMBERS", 2_000))  # in one transaction
RECONCILE_SHARDS = int(os.environ.get("RECONCILE_SHARDS", 2))  # parallel runs of one reconciliation
UNDO_SECONDS = int(
    os.environ.get("UNDO_SECONDS", 30)
)  # what permits sending waits this long before it leaves
# Calls to other systems: how long they may take, how much they may answer, where they may go.
OUTSIDE = {
    "connect_seconds": float(os.environ.get("OUTSIDE_CONNECT_SECONDS", 5)),
    "read_seconds": float(os.environ.get("OUTSIDE_READ_SECONDS", 10)),  # without a single byte
    "total_seconds": float(os.environ.get("OUTSIDE_TOTAL_SECONDS", 15)),
    "max_bytes": int(os.environ.get("OUTSIDE_MAX_BYTES", 1_000_000)),
    "allow_private_addresses": flag("ALLOW_PRIVATE_ADDRESSES"),
    "allow_plain_http": flag("ALLOW_PLAIN_HTTP"),
}
# Corrections on their way: when they are tried again, and when a person is asked.
DELIVERY = {
    "max_attempts": int(os.environ.get("DELIVERY_MAX_ATTEMPTS", 8)),
    "max_reads": int(os.environ.get("DELIVERY_MAX_READS", 12)),
    "retry_seconds": float(os.environ.get("DELIVERY_RETRY_SECONDS", 30)),  # doubles with each try
    "longest_wait_seconds": float(os.environ.get("DELIVERY_LONGEST_WAIT_SECONDS", 3600)),
    "failures_to_pause": int(os.environ.get("DELIVERY_FAILURES_TO_PAUSE", 5)),  # in a row, of one system
    "pause_seconds": float(os.environ.get("DELIVERY_PAUSE_SECONDS", 60)),  # doubles with each try that fails
    "turn_seconds": float(os.environ.get("DELIVERY_TURN_SECONDS", 20)),  # then the next system has its turn
    "lease_seconds": float(
        os.environ.get("DELIVERY_LEASE_SECONDS", 180)
    ),  # longer than the calls for one row
    "drop_minutes": float(os.environ.get("DROP_MINUTES", 5)),
    # What was asked and answered proves that a revocation was passed on, as long as consents have to be proved.
    "event_days": int(os.environ.get("DELIVERY_EVENT_DAYS", 1827)),
}
# Where files of corrections are put for systems that fetch them: a folder of its own per system.
DROP_DIR = Path(os.environ.get("DROP_DIR", VAR_DIR / "drop"))
# How long a client may rely on the answer of a send check; an opt-out that comes meanwhile it does not know of.
SEND_CHECK_VALID_SECONDS = int(os.environ.get("SEND_CHECK_VALID_SECONDS", 60))
# After a correction each system is watched through so many right reads and so many hours, whichever is longer.
WATCH_READS = int(os.environ.get("WATCH_READS", 3))
WATCH_HOURS = int(os.environ.get("WATCH_HOURS", 72))
LEASE_MINUTES = 10  # how long "next for me" keeps a flag out of others' way

# --- Background runs ------------------------------------------------------------------------------------------
# Seconds without a sign of life after which a run's worker counts as lost and another one takes over.
JOB_LEASE_SECONDS = int(os.environ.get("JOB_LEASE_SECONDS", "60"))
# Seconds after which a long run makes way at its next committed step, and goes on when its turn comes again.
JOB_TURN_SECONDS = int(os.environ.get("JOB_TURN_SECONDS", "300"))  # well below CELERY_TASK_SOFT_TIME_LIMIT
# Days after which rounds of the schedule that went well are removed.
JOB_RUN_DAYS = int(os.environ.get("JOB_RUN_DAYS", "90"))

# --- Celery: the database is the truth about work, the queue only rings the bell -------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Seconds until a message whose worker vanished goes to another one; longer than the longest task.
QUEUE_VISIBILITY_SECONDS = int(os.environ.get("QUEUE_VISIBILITY_SECONDS", "900"))
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": QUEUE_VISIBILITY_SECONDS,
    "socket_timeout": 3,  # three times over at worst: a frozen Redis must not freeze the staff's request
    "socket_connect_timeout": 3,
    # Look for abandoned messages every 5 s; the library's own pace is 100 s.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "unacked_restore_limit": 200,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600  # seconds; below QUEUE_VISIBILITY_SECONDS
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = int(os.environ.get("WORKER_CONCURRENCY", "2"))
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "backoffice.quiet_log.WithoutValues",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"without_numbers": {"()": "backoffice.quiet_log.WithoutNumbers"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_numbers"]}
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}

# --- The schedule: every piece of work is due from a row, the schedule only looks ------------------------------
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "backoffice.sweep", "schedule": 30.0},
    "verify-ledger": {"task": "backoffice.verify_ledger", "schedule": 3600.0},
    "reconcile-due": {"task": "consent.reconcile_due", "schedule": 60.0},
    "release-write-backs": {"task": "consent.release_write_backs", "schedule": 30.0},
    "deliver-due": {"task": "consent.deliver_due", "schedule": 15.0},
    "tidy-deliveries": {"task": "consent.tidy_deliveries", "schedule": 3600.0},
    "tidy-uploads": {"task": "backoffice.tidy_uploads", "schedule": 3600.0},
    "count-sends": {"task": "errors.count_sends", "schedule": 60.0},
    "give-up-on-reports": {"task": "errors.give_up_on_reports", "schedule": 3600.0},
    "retain-sends": {"task": "errors.retain_sends", "schedule": 3600.0},
    "look-for-patterns": {"task": "errors.look_for_patterns", "schedule": 300.0},
    "verify-fixes": {"task": "errors.verify_fixes", "schedule": 3600.0},
    "replay-rules": {"task": "errors.replay_rules", "schedule": 3600.0},
    "look-at-data": {"task": "errors.look_at_data", "schedule": 3600.0},
    "tidy-campaigns": {"task": "errors.tidy_campaigns", "schedule": 3600.0},
    "read-webhooks": {"task": "backoffice.read_webhooks", "schedule": 10.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    # A look that no worker took before the next one is due is worth nothing: it must not pile up.
    _entry["options"] = {"expires": _entry["schedule"]}
