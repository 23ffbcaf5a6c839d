"""Settings of the portal, all read through portal.env; .env.example lists every name.

Grouped: the machine, the address, data, Kondado, mail, people, pages, watching. No business rules here.
"""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import masking
from portal.env import BASE_DIR, env, is_loopback
from portal.logging import logging_config

masking.hide_in_tracebacks()

# The machine ---------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.secret_words("SECRET_KEY_FALLBACKS")
FIELD_KEYS = env.keys("FIELD_KEYS")
FIELD_KEYS_LOST = env.words("FIELD_KEYS_LOST")
BACKUP_KEYS = env.keys("BACKUP_KEYS", required=False)
VAR_DIR = Path(env.raw("VAR_DIR", str(BASE_DIR / "var"))).absolute()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# The address ---------------------------------------------------------------------------------------

PORTAL_URL = env.origin("PORTAL_URL", "http://localhost:8000")
PORTAL_HOST = urlsplit(PORTAL_URL).hostname or ""
HTTPS = PORTAL_URL.startswith("https://")
ON_LOOPBACK = is_loopback(PORTAL_HOST)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if ON_LOOPBACK else PORTAL_HOST)
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Data ----------------------------------------------------------------------------------------------

DATABASE_URL = env.secret_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'convite.sqlite3'}")
MIGRATION_DATABASE_URL = env.secret_url("MIGRATION_DATABASE_URL", DATABASE_URL)
AS_OWNER = sys.argv[1:2] in (["migrate"], ["restore"])
USED_DATABASE = (
    ("MIGRATION_DATABASE_URL", MIGRATION_DATABASE_URL) if AS_OWNER else ("DATABASE_URL", DATABASE_URL)
)
DATABASES = {"default": env.database(*USED_DATABASE)}
# Who may read and write rows, and nothing else; empty where the owner of the tables does that as well.
RUNTIME_ROLE = env.database("DATABASE_URL", DATABASE_URL).get("USER") or ""
if env.database("MIGRATION_DATABASE_URL", MIGRATION_DATABASE_URL).get("USER") == RUNTIME_ROLE:
    RUNTIME_ROLE = ""
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock when a transaction begins, so that two writers queue up instead of
    # failing; FULL so that `on_wire` is on the disk before the first byte leaves.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        # Shared by all processes: a one-time code that was used in one is used in all.
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Beyond these Django takes away what is over, and then the rest: far more than are in use at a time.
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
}

# Kondado -------------------------------------------------------------------------------------------

KONDADO_SANDBOX = env.flag("KONDADO_SANDBOX")
if KONDADO_SANDBOX and not ON_LOOPBACK:
    raise ImproperlyConfigured("KONDADO_SANDBOX=1 is for this machine only: PORTAL_URL must be loopback.")
KONDADO_API_URL = env.address("KONDADO_API_URL", "https://k2.kondado.com.br")
KONDADO_KEY = env.secret("KONDADO_KEY", "")
KONDADO_TOKEN = env.secret("KONDADO_TOKEN", "")
KONDADO_CREDENTIALS_FILE = env.secrets_file("KONDADO_CREDENTIALS_FILE")
KONDADO_LINK_HOSTS = tuple(env.hosts("KONDADO_LINK_HOSTS", "app.kondado.com.br"))
KONDADO_CLIENT_ID_AS_NUMBER = env.flag("KONDADO_CLIENT_ID_AS_NUMBER")
KONDADO_CALLS_PER_SECOND = env.number("KONDADO_CALLS_PER_SECOND", 1)
KONDADO_CALLS_PER_MINUTE = env.whole("KONDADO_CALLS_PER_MINUTE", 20)
if not KONDADO_SANDBOX and not (KONDADO_CALLS_PER_SECOND and KONDADO_CALLS_PER_MINUTE):
    raise ImproperlyConfigured("KONDADO_CALLS_PER_SECOND and _PER_MINUTE: 0 is for KONDADO_SANDBOX=1 only.")
KONDADO_DEADLINE_SECONDS = env.number("KONDADO_DEADLINE_SECONDS", 20, least=0.1)

# Mail ----------------------------------------------------------------------------------------------

_mail = env.mail_server("EMAIL_URL", f"filemail://{VAR_DIR / 'mails'}")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = (
        "invitations.mail.smtp.EmailBackend"  # tells a mail that did not leave from one that may have
    )
# django-environ drops the slash that makes the folder of filemail:///folder absolute.
EMAIL_FILE_PATH = "/" + _mail["EMAIL_FILE_PATH"].lstrip("/") if _mail.get("EMAIL_FILE_PATH") else None
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f"convite@{PORTAL_HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_WEBHOOK_SECRET = env.secret("MAIL_WEBHOOK_SECRET", "")
SILENT_IMAP_URL = env.secret_url("SILENT_IMAP_URL")

# People --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "invitations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "invitations.typed.validators.ContextWordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_FORMS = {
    "login": "invitations.forms.sign_in.SignInForm",
    "reset_password": "invitations.forms.sign_in.ForgottenPasswordForm",
}
ACCOUNT_ADAPTER = "invitations.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PORTAL_URL).scheme
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Counted by services/base/bounds.py instead: allauth's limits by address alone let a stranger keep somebody out.
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "invitations.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "invitations.forms.second_factor.SecondFactorForm",
    "reauthenticate": "invitations.forms.second_factor.SecondFactorAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = env.raw("PORTAL_NAME", "Convite")
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 36  # 119 bits: nothing that can be guessed or tried, whoever has the database
SECOND_FACTOR_FORCED = not KONDADO_SANDBOX
OIDC_ISSUER = env.raw("OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.raw("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.secret("OIDC_CLIENT_SECRET", "")
# A session ends this long after its last use (administrators sooner) and this long after sign-in.
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE = timedelta(hours=8)
SESSION_IDLE_ADMIN = timedelta(minutes=30)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Pages ---------------------------------------------------------------------------------------------

PORTAL_NAME = MFA_TOTP_ISSUER
PORTAL_LOGO = env.raw("PORTAL_LOGO", "")
PORTAL_ACCENT = env.raw("PORTAL_ACCENT", "indigo")
INSTALLED_APPS = [
    "invitations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "csp",
]
MIDDLEWARE = [
    "portal.middleware.RequestLogMiddleware",
    "portal.middleware.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.ResponseHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # behind those: a file bears the same headers as a page
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.Utf8Middleware",
    "portal.middleware.BodySizeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "invitations.middleware.SessionLimitsMiddleware",
    "invitations.middleware.PreferencesMiddleware",
    "invitations.middleware.SignInMiddleware",
    "invitations.middleware.SecondFactorMiddleware",
    "invitations.views.errors.ButtonAddressMiddleware",
    "invitations.views.bounds.BoundsMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
CSRF_FAILURE_VIEW = "invitations.views.errors.csrf_failure"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
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
                "invitations.context_processors.portal",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "portal.static.BundledStaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 300
WHITENOISE_ALLOW_ALL_ORIGINS = False
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.raw("TIME_ZONE", "America/Sao_Paulo")
LANGUAGE_CODE = "en"
# Each in its own words, so that whoever landed in a foreign language finds the way back.
LANGUAGES = [("en", "English"), ("pt-br", "Português (Brasil)"), ("es", "Español")]
FORMAT_MODULE_PATH = "invitations.formats"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
# No page takes files; one that is sent all the same is not put on the disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Watching ------------------------------------------------------------------------------------------

SENTRY_DSN = env.secret_url("SENTRY_DSN", user=True)
LOG_LEVEL = env.raw("LOG_LEVEL", "INFO").upper()
LOGGING = logging_config(level=LOG_LEVEL)
DEFAULT_EXCEPTION_REPORTER = "portal.error_pages.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.error_pages.VariableFilter"
