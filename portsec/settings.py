"""Settings, read from the environment (docs/operations.md lists the variables).

The process refuses to start when a variable is missing or unsafe, and names it.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portsec.delivery.gateway import read_body, read_headers
from portsec.delivery.vapid import read_private_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
django_stubs_ext.monkeypatch()


def required(name: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. `make run` sets it for a local stack; docs/operations.md says what it holds.")
    return value


def checked(name: str, read: Callable[[str], Any], default: str) -> Any:
    """A variable in a form of its own; `read` raises ValueError with words for the operator."""
    try:
        return read(env.str(name, default="") or default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def database(name: str) -> dict[str, object]:
    required(name)
    return {
        **env.db_url(name),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DEBUG = env.bool("PORTSEC_DEBUG", default=False)
DEMO = env.bool("PORTSEC_DEMO", default=False)
SECRET_KEY = required("PORTSEC_SECRET_KEY")
if len(SECRET_KEY) < 50 and not DEBUG:
    raise ImproperlyConfigured("PORTSEC_SECRET_KEY is too short: use at least 50 random characters.")

BASE_URL = env.str("PORTSEC_BASE_URL", default="http://localhost:8000").rstrip("/")
_base = urlsplit(BASE_URL)
IS_HTTPS = _base.scheme == "https"
IS_LOCAL = _base.hostname in {"localhost", "127.0.0.1", "::1"}
if not IS_HTTPS and not IS_LOCAL:
    raise ImproperlyConfigured(
        "PORTSEC_BASE_URL must begin with https:// unless it names this machine: sign-ins would travel in the clear."
    )
if DEMO and not IS_LOCAL:
    raise ImproperlyConfigured(
        "PORTSEC_DEMO creates accounts with a known password: it is refused unless PORTSEC_BASE_URL names this machine."
    )
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured(
        "PORTSEC_DEBUG shows the inside of the house to everyone: it is refused unless PORTSEC_BASE_URL names this machine."
    )
ALLOWED_HOSTS = env.list("PORTSEC_ALLOWED_HOSTS", default=[_base.hostname])
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("PORTSEC_ALLOWED_HOSTS must name the hosts: '*' is refused.")

# Three roles of one database (portsec/up/roles.sql). `default` is the application, and cannot get past row security.
DATABASES = {
    "default": database("DATABASE_URL"),
    "system": database("DATABASE_SYSTEM_URL"),
    "owner": database("DATABASE_OWNER_URL") if env.str("DATABASE_OWNER_URL", default="") else database("DATABASE_SYSTEM_URL"),
}
if DATABASES["default"]["USER"] in {DATABASES["system"]["USER"], "portsec_owner"}:
    raise ImproperlyConfigured("DATABASE_URL must be the application's own role, portsec_app: another one is not held by row security.")
DATABASE_ROUTERS = ["portsec.access.database.ActingRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # counts attempts while Redis is away
}
DJANGO_REDIS_IGNORE_EXCEPTIONS = True
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

INSTALLED_APPS = [
    "portsec.access",
    "portsec.journal",
    "portsec.delivery",
    "portsec.live",
    "portsec.face",
    "portsec.demo",
    "portsec.bench",
    "ports",
    "incidents",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "guardian",
    "channels",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "portsec.access.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portsec.access.middleware.ActingMiddleware",
]

ROOT_URLCONF = "portsec.urls"
ASGI_APPLICATION = "portsec.asgi.application"
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
                "portsec.live.context.page",
            ],
        },
    },
]

# People
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["portsec.access.hashers.BoundedArgon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "portsec.access.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator's invitation is the verification
ACCOUNT_SESSION_REMEMBER = True
# Wrong passwords and codes are counted by portsec/access/lockout.py: allauth's counters would shut everybody out without Redis.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
USERSESSIONS_TRACK_ACTIVITY = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "portsec.access.adapter.FactorAdapter"
MFA_FORMS = {"authenticate": "portsec.access.adapter.CodeForm", "reauthenticate": "portsec.access.adapter.CodeAgainForm"}
MFA_TOTP_TOLERANCE = 1  # a code that changes while it is typed still counts
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
SECOND_FACTOR_MAX_AGE = 12 * 3600  # seconds: a shift (interface.md)
MEMBER_STEP_UP_AGE = 10 * 60  # seconds: for changing members, making service tokens, signing a declaration
# How long a Declaration of Security may run at most. 33 CFR 105.245(e) gives 90 days at level 1; your administration may say less.
DECLARATION_LONGEST_DAYS = env.int("PORTSEC_DECLARATION_LONGEST_DAYS", default=90)
INVITATION_LIFETIME = 7 * 24 * 3600  # seconds
INVITATIONS_PER_HOUR = 30  # of one organisation, sent again or new
FIRST_INVITATIONS_PER_HOUR = 300  # of one coordination body: a region of ports is set up in an afternoon
PROPOSALS_PER_HOUR = 60  # of one coordination body

# django-guardian: only direct foreign keys, only groups (access.md)
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_AUTO_PREFETCH = False
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # its backend is not used: permission questions go through portsec.access

# Calls to addresses that users name (portsec/outbound): on, also http:// and private networks. For demo and tests.
PORTSEC_WEBHOOK_ALLOW_PRIVATE = env.bool("PORTSEC_WEBHOOK_ALLOW_PRIVATE", default=False)

# Sessions and transport
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Files that users upload (portsec/files): outside of everything that a web server serves.
if not IS_LOCAL:
    required("PORTSEC_FILES")
FILES_ROOT = Path(env.str("PORTSEC_FILES", default="") or BASE_DIR / ".portsec" / "files").resolve()
LARGEST_FILE = 20 * 1024 * 1024  # bytes
FILE_UPLOAD_HANDLERS = ["portsec.files.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 5
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portsec.access.authentication.ActingAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portsec.access.authentication.IsActing"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["portsec.access.authentication.ActingThrottle"],
    "DEFAULT_THROTTLE_RATES": {"acting": "6000/min"},
    "EXCEPTION_HANDLER": "portsec.problems.handle",
    "DATETIME_FORMAT": "iso-8601",
    "UNAUTHENTICATED_USER": None,
}
KNOX_TOKEN_MODEL = "access.ServiceToken"  # noqa: S105 (a model's name)
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token", "TOKEN_PREFIX": "ps_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "PortSec API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AudienceKind": "portsec.access.models.audience.Audience.Kind",
        "OrganisationKind": "portsec.access.models.organisation.Organisation.Kind",
        "AlertState": "incidents.models.alert.Alert.State",
        "DeliveryState": "portsec.delivery.models.delivery.State",
        "DeclarationState": "ports.queries.declarations.Standing",
        "SecurityLevelNumber": "ports.models.level.SecurityLevel",
        "DocumentKind": "ports.models.document.PortDocument.Kind",
        "PlanState": "ports.models.plan.PlannedLevel.State",
        "ProposalKind": "portsec.access.models.proposal.Proposal.Kind",
        "ProposalState": "portsec.access.models.proposal.Proposal.State",
        "Severity": "incidents.models.cap.Severity",
        "Urgency": "incidents.models.cap.Urgency",
        "Certainty": "incidents.models.cap.Certainty",
        "Tlp": "portsec.access.tlp.Tlp",
        "Role": "portsec.access.roles.Role",
    },
}

# Background work. Rows are the truth; the broker only wakes workers.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "number-entries": {"task": "portsec.journal.tasks.number_entries", "schedule": 1.0, "options": {"expires": 2}},
    "forget-idempotency-keys": {"task": "portsec.journal.tasks.forget_idempotency_keys", "schedule": 3600.0, "options": {"expires": 600}},
    "expire-alerts": {"task": "incidents.tasks.expire_alerts", "schedule": 1.0, "options": {"expires": 2}},
    "send-messages": {"task": "portsec.delivery.tasks.send_messages", "schedule": 1.0, "options": {"expires": 2}},
    "send-to-failing": {"task": "portsec.delivery.tasks.send_to_failing", "schedule": 1.0, "options": {"expires": 2}},
    "escalate": {"task": "portsec.delivery.tasks.escalate", "schedule": 1.0, "options": {"expires": 2}},
    "expire-declarations": {"task": "ports.tasks.expire_declarations", "schedule": 10.0, "options": {"expires": 20}},
    "set-planned-levels": {"task": "ports.tasks.set_planned_levels", "schedule": 5.0, "options": {"expires": 10}},
    "beat-heartbeat": {"task": "portsec.live.tasks.heartbeat", "schedule": 5.0, "options": {"expires": 10}},
}

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = env.str("PORTSEC_TIME_ZONE", default="UTC")

# Static files and mail
STATIC_URL = "/static/"
# django-leaflet only lends its static files: installed as an app it would ask for GDAL.
_leaflet = find_spec("leaflet")
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(Path(folder) / "static" for folder in (_leaflet.submodule_search_locations or [] if _leaflet else [])),
]
STATIC_ROOT = env.str("PORTSEC_STATIC_ROOT", default="") or None  # only `collectstatic`, for a proxy, needs one
if any(FILES_ROOT.is_relative_to(folder) for folder in (*STATICFILES_DIRS, *([Path(STATIC_ROOT).resolve()] if STATIC_ROOT else []))):
    raise ImproperlyConfigured("PORTSEC_FILES lies among the static files, which everybody may fetch. Choose a folder of its own.")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
if not IS_LOCAL:
    required("EMAIL_URL")
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds: an invitation is sent while its sender waits
DEFAULT_FROM_EMAIL = env.str("PORTSEC_FROM_EMAIL", default=f"portsec@{_base.hostname}")

# Messages to phones: a gateway's address, its headers and a JSON body in which {to} and {text} are filled in
SMS_URL = env.str("PORTSEC_SMS_URL", default="")
SMS_HEADERS = checked("PORTSEC_SMS_HEADERS", read_headers, "{}")
SMS_BODY = checked("PORTSEC_SMS_BODY", read_body, '{"to": "{to}", "text": "{text}"}')
# Push to browsers: the private key of this installation, as `manage.py vapid_key` makes one
VAPID_PRIVATE_KEY = checked("PORTSEC_VAPID_PRIVATE_KEY", read_private_key, "")
# The watchdog of the deliveries: whom it writes to, and an address that it asks for while all is well
OPERATOR_EMAIL = env.str("PORTSEC_OPERATOR_EMAIL", default="")
HEARTBEAT_URL = env.str("PORTSEC_HEARTBEAT_URL", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "portsec.access.request_id.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env.str("PORTSEC_LOG_LEVEL", default="INFO")},
}
