"""One settings file. Everything that differs between machines is an environment variable with a default that
runs on one machine; docs/operating.md lists them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from backoffice.environment import (
    calendar,
    database,
    day,
    flag,
    folder,
    hours_by_name,
    hours_or_never,
    kept_secret,
    listed,
    long_keys,
    number,
    one_of,
    queue,
    text,
    zone,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = folder("VAR_DIR", BASE_DIR / "var")
REDIS_URL = queue("REDIS_URL", "redis://127.0.0.1:6379/0")
DEBUG = flag("DEBUG")
HTTPS = flag("HTTPS")
SECRET_KEY = text("SECRET_KEY", "") or kept_secret(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
# Seal the keys and passwords of other systems; the newest first, each of 32 characters or more.
SECRETS_KEYS = long_keys("SECRETS_KEYS", characters=32)
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
TIME_ZONE = zone("TIME_ZONE", "America/New_York")  # the staff's clock; stored times are UTC
ORGANISATION = text("ORGANISATION", "Our organisation")
LOG_LEVEL = one_of("LOG_LEVEL", ("WARNING", "DEBUG", "INFO", "ERROR", "CRITICAL"))

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

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN: two writers queue instead of one failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # Without recursive triggers, REPLACE would remove append-only rows unasked.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
    }
    # A file, so that a real worker process sees the test's data.
    DATABASES["default"]["TEST"] = {"NAME": text("TEST_DATABASE_FILE", str(VAR_DIR / "test.sqlite3"))}
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
USE_THOUSAND_SEPARATOR = False  # keys stand in pages as well; what was counted is grouped where it is shown

STATIC_URL = "static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(VAR_DIR / "static")))
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(VAR_DIR / "uploads")))  # outside any web root; views check rights
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# What one import may bring.
IMPORT_MAX_BYTES = number("IMPORT_MAX_BYTES", 500_000_000, least=1)
IMPORT_MAX_ROWS = number("IMPORT_MAX_ROWS", 5_000_000, least=1)
IMPORT_CHUNK_ROWS = number("IMPORT_CHUNK_ROWS", 5_000, least=1)
# Personal data in files is kept for a time only; the batch and what it brought stay.
IMPORT_FILE_DAYS = number("IMPORT_FILE_DAYS", 30, least=1)
IMPORT_REJECTED_DAYS = number("IMPORT_REJECTED_DAYS", 14, least=1)  # cells of rejected rows
# A file whose system kind is named here is read by that class (kept as text: this floor knows no room above it).
IMPORTERS = {
    "consent": "consent.intake.ConsentImporter",
    "errors": "errors.intake.LogImporter",
}

# How often one token may ask the API in a second, counted in each server process; 0: as often as it likes.
API_REQUESTS_PER_SECOND = number("API_REQUESTS_PER_SECOND", 0)
# Calls of providers: how much one may bring, and how long it is kept as it came (it holds numbers and texts).
WEBHOOK_MAX_BYTES = number("WEBHOOK_MAX_BYTES", 262_144, least=1)
WEBHOOK_CALL_DAYS = number("WEBHOOK_CALL_DAYS", 30, least=1)
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
    "stop_scope": one_of("STOP_SCOPE", ("sender", "all")),
    "revoke_all_from": day("REVOKE_ALL_FROM", "2027-01-31"),
    "clock_skew_seconds": number("CLOCK_SKEW_SECONDS", 120),
    "form_defeats_stop": flag("FORM_DEFEATS_STOP"),
    "company_life_from": day("COMPANY_LIFE_FROM", "2000-01-01"),
    # A revocation has to be in force everywhere: within the house's own hours, and within the law's business days of
    # the country (or part of it: US-CA) whose holidays the organisation keeps.
    "in_force_within_hours": hours_or_never("IN_FORCE_WITHIN_HOURS", "24"),
    "in_force_within_business_days": number("IN_FORCE_WITHIN_BUSINESS_DAYS", 10),
    "business_calendar": calendar("BUSINESS_CALENDAR", "US"),
}
# Who looks the messages up that went to numbers after a revocation (kept as text: consent knows no room above it).
SENDS_AFTER_STOP = "errors.after_stop.notice_sends"
# Whether something else follows from a change of configuration, in words for whoever made it.
CONSEQUENCE = "consent.terms.consequence"
# The send log. Bodies and rows are kept for a time only; a report that does not come in time is not a failure.
SEND_LOG: dict[str, Any] = {
    "body_days": number("SEND_LOG_BODY_DAYS", 90, least=1),
    "row_days": number("SEND_LOG_ROW_DAYS", 396, least=1),
    # Hours after which no final report is expected any more: by provider, by "provider:COUNTRY", else "*".
    # None ("never"): that route reports no deliveries. FINAL_AFTER_HOURS="*=72,twilio=24,vonage:DE=never"
    "final_after_hours": {"*": 72} | hours_by_name("FINAL_AFTER_HOURS"),
}
# Lists of checked campaigns, and what became of their rows; the counts stay.
CAMPAIGN_FILE_DAYS = number("CAMPAIGN_FILE_DAYS", 30, least=1)
# Templates that one person may get again and again, such as one-time passwords: no duplicate sends.
MAY_REPEAT_TEMPLATES = listed("MAY_REPEAT_TEMPLATES", "otp")
# The search for patterns: what counts as one, and what is looked at.
PATTERNS = {
    # Failures above what is expected: at least this many, and at least this share of the window's sends …
    "min_excess": number("PATTERN_MIN_EXCESS", 30.0),
    "min_share": number("PATTERN_MIN_SHARE", 0.0005),
    # … and a rate at least this many times the expected one.
    "min_ratio": number("PATTERN_MIN_RATIO", 1.5),
    "false_discoveries": number("PATTERN_FALSE_DISCOVERIES", 0.01),
    "min_people": number("PATTERN_MIN_PEOPLE", 5),  # different ones among the failures
    "hours": number("PATTERN_HOURS", 6, least=1),  # of an hourly look
    "baseline_days": number("PATTERN_BASELINE_DAYS", 7, least=1),  # that an hourly look compares with
    "baseline_weeks": number("PATTERN_BASELINE_WEEKS", 4, least=1),  # that a daily look compares with
    "looked_back_days": number("PATTERN_LOOKED_BACK_DAYS", 7),  # looked at again when news come late
}
RECONCILE_CHUNK_NUMBERS = number("RECONCILE_CHUNK_NUMBERS", 2_000, least=1)  # in one transaction
RECONCILE_SHARDS = number("RECONCILE_SHARDS", 2, least=1)  # parallel runs of one reconciliation
UNDO_SECONDS = number("UNDO_SECONDS", 30)  # what permits sending waits this long before it leaves
# Calls to other systems: how long they may take, how much they may answer, where they may go.
OUTSIDE = {
    "connect_seconds": number("OUTSIDE_CONNECT_SECONDS", 5.0),
    "read_seconds": number("OUTSIDE_READ_SECONDS", 10.0),  # without a single byte
    "total_seconds": number("OUTSIDE_TOTAL_SECONDS", 15.0),
    "max_bytes": number("OUTSIDE_MAX_BYTES", 1_000_000, least=1),
    "allow_private_addresses": flag("ALLOW_PRIVATE_ADDRESSES"),
    "allow_plain_http": flag("ALLOW_PLAIN_HTTP"),
}
# Corrections on their way: when they are tried again, and when a person is asked.
DELIVERY = {
    "max_attempts": number("DELIVERY_MAX_ATTEMPTS", 8, least=1),
    "max_reads": number("DELIVERY_MAX_READS", 12, least=1),
    "retry_seconds": number("DELIVERY_RETRY_SECONDS", 30.0),  # doubles with each try
    "longest_wait_seconds": number("DELIVERY_LONGEST_WAIT_SECONDS", 3600.0),
    "failures_to_pause": number("DELIVERY_FAILURES_TO_PAUSE", 5, least=1),  # in a row, of one system
    "pause_seconds": number("DELIVERY_PAUSE_SECONDS", 60.0),  # doubles with each try that fails
    "turn_seconds": number("DELIVERY_TURN_SECONDS", 20.0),  # then the next system has its turn
    "lease_seconds": number("DELIVERY_LEASE_SECONDS", 180.0),  # longer than the calls for one row
    "drop_minutes": number("DROP_MINUTES", 5.0),
    # What was asked and answered proves that a revocation was passed on, as long as consents have to be proved.
    "event_days": number("DELIVERY_EVENT_DAYS", 1827, least=1),
}
# Where files of corrections are put for systems that fetch them: a folder of its own per system.
DROP_DIR = Path(text("DROP_DIR", str(VAR_DIR / "drop")))
# How long a client may rely on the answer of a send check; an opt-out that comes meanwhile it does not know of.
SEND_CHECK_VALID_SECONDS = number("SEND_CHECK_VALID_SECONDS", 60)
# After a correction each system is watched through so many right reads and so many hours, whichever is longer.
WATCH_READS = number("WATCH_READS", 3)
WATCH_HOURS = number("WATCH_HOURS", 72)
LEASE_MINUTES = 10  # how long "next for me" keeps a flag out of others' way

# --- Background runs ------------------------------------------------------------------------------------------
# Seconds without a sign of life after which a run's worker counts as lost and another one takes over.
JOB_LEASE_SECONDS = number("JOB_LEASE_SECONDS", 60, least=1)
# Seconds after which a long run makes way at its next committed step, and goes on when its turn comes again.
JOB_TURN_SECONDS = number("JOB_TURN_SECONDS", 300, below=540)  # CELERY_TASK_SOFT_TIME_LIMIT
# Days after which rounds of the schedule that went well are removed.
JOB_RUN_DAYS = number("JOB_RUN_DAYS", 90, least=1)

# --- Celery: the database is the truth about work, the queue only rings the bell -------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Seconds until a message whose worker vanished goes to another one; longer than the longest task.
QUEUE_VISIBILITY_SECONDS = number("QUEUE_VISIBILITY_SECONDS", 900, least=1)
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
CELERY_WORKER_CONCURRENCY = number("WORKER_CONCURRENCY", 2, least=1)
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
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
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
