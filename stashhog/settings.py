"""Settings of the project; all that a user may change is in docs/configuration.md."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from jobs.conf import q_cluster
from scenes.env import Env
from stashhog.data_folder import data_folder, folder_of, kept_secret_key, key_is_needed

env = Env()

PACKAGE = Path(__file__).resolve().parent
# A wheel has the templates inside of this package, a checkout beside it; there the data have their place, too.
IS_INSTALLED = (PACKAGE / "templates").is_dir()
TEMPLATES_DIR = PACKAGE / "templates" if IS_INSTALLED else PACKAGE.parent / "templates"
DATA_DIR = data_folder(env.text("STASHHOG_DATA_DIR", "data" if IS_INSTALLED else str(PACKAGE.parent / "data")))

# The files of the API's documentation. Not by INSTALLED_APPS, which loads ninja and pydantic into every process.
NINJA = folder_of("ninja")


DEBUG = env.flag("STASHHOG_DEBUG")
BIND = env.address("STASHHOG_BIND", "127.0.0.1:8000")
ACCESS_LOG = env.flag("STASHHOG_ACCESS_LOG")  # health checks and open pages alone fill a disk in time
ALLOWED_HOSTS = env.hosts("STASHHOG_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("STASHHOG_ALLOWED_HOSTS can't hold *: name the hosts that people open StashHog with.")
CSRF_TRUSTED_ORIGINS = env.origins("STASHHOG_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "stashhog.proxies.refusals.refused_form"
TRUSTED_PROXIES = env.networks("STASHHOG_TRUSTED_PROXIES")
# Where it is below a path of its host: "" or such as /stashhog. Other programs there may be of Django, too, and
# a browser sends the cookies of a whole host to each of its paths and ports: so they have names of their own.
BASE_PATH = env.base_path("STASHHOG_BASE_PATH")
FORCE_SCRIPT_NAME = BASE_PATH or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{BASE_PATH}/"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "stashhog_session", "stashhog_csrf"
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = "stashhog_language", 365 * 86_400  # seconds

INSTALLED_APPS = [
    "jobs",
    "scenes",
    "stashhog.ops",
    "stashhog.ops.notifications.apps.NotificationsConfig",
    # Without its search for admin classes: stashhog.urls does that, for the processes that show pages.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "django_q",
    "stashhog.accounts.apps.LoginsConfig",
    # The last: when it gives the roles their permissions, those of the other apps have to be there.
    "stashhog.accounts.apps.AccountsConfig",
]
MIDDLEWARE = [
    "stashhog.http.middleware.security_headers",
    "stashhog.http.middleware.probes",
    "stashhog.http.middleware.api_errors",
    "stashhog.http.middleware.no_nul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "stashhog.http.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "stashhog.http.pressed.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "stashhog.http.pressed.message_after_login",
    "stashhog.http.pressed.wrong_method",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "stashhog.urls"
ASGI_APPLICATION = "stashhog.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR, NINJA / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stashhog.views.version",
                "django.template.context_processors.i18n",
                "stashhog.shell.menu.menu",
            ],
            "builtins": ["django.templatetags.i18n"],
        },
    },
]

SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that will write takes the lock at its start, so it waits there and
    # never fails half-way with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
    # Pages: 16 MB of log, rather than 4, of which a page of a sync writes 3.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;",
}
JOBS_LEASE = env.number("STASHHOG_LEASE", 30, low=1, high=86_400)  # seconds
# A server that is gone without a word must not hang a worker for hours.
POSTGRES_OPTIONS = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 30,  # seconds
    "keepalives_interval": 10,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
    "prepare_threshold": 5,  # of `jobs.models.compiled`; no other statement is prepared
    # Nor may a worker that froze, or a host that died, keep its locks for longer than its claims.
    "options": f"-c idle_in_transaction_session_timeout={JOBS_LEASE * 1000:.0f}",  # milliseconds
}
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'stashhog.sqlite3'}")}
_is_sqlite = "sqlite" in DATABASES["default"]["ENGINE"]
# What the address itself says (`?timeout=60`) wins.
DATABASES["default"]["OPTIONS"] = (SQLITE_OPTIONS if _is_sqlite else POSTGRES_OPTIONS) | DATABASES["default"].get(
    "OPTIONS", {}
)
if _is_sqlite:
    # A file also in tests: threads and processes of a test share it.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# django-q2 drops an older connection with each message that it sends, and the last one of SQLite takes 12 ms to close.
DATABASES["default"]["CONN_MAX_AGE"] = 60  # seconds
SECRET_KEY = env.text("STASHHOG_SECRET_KEY")
if not SECRET_KEY:
    # Sessions and the secrets in the database are no use to a host that has another one.
    if not _is_sqlite:
        raise ImproperlyConfigured(key_is_needed(DATA_DIR))
    SECRET_KEY = kept_secret_key(DATA_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

JOBS_HOST_NAME = env.host("STASHHOG_HOST_NAME")
JOBS_WORKERS = env.integer("STASHHOG_WORKERS", 4, low=1, high=64)
Q_CLUSTER = q_cluster("stashhog", JOBS_WORKERS)
if redis_url := env.redis("STASHHOG_REDIS_URL"):
    Q_CLUSTER |= {"orm": None, "redis": redis_url}

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTHENTICATION_BACKENDS = [
    "stashhog.accounts.backends.ThrottleBackend",
    "stashhog.accounts.backends.StaffBackend",
]
# Logins that failed: five lock an account for the address that they came from. More is in stashhog/accounts/login.py.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a program that goes on trying would lock it for ever
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # ours is read-only
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username"]  # in the log: somebody may have typed the password there
AXES_HANDLER = "stashhog.accounts.login.LoginThrottle"
AXES_CLIENT_IP_CALLABLE = "stashhog.accounts.login.address_of"
AXES_LOCKOUT_CALLABLE = "stashhog.accounts.login.locked_out"
PASSWORD_HASHERS = [
    "stashhog.accounts.hashers.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of earlier versions; replaced at the next login
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [PACKAGE / "locale"]  # of all but jobs, which has one of its own
TIME_ZONE = env.time_zone("STASHHOG_TIME_ZONE", "UTC")
USE_I18N = True
FORMAT_MODULE_PATH = "stashhog.formats"
USE_TZ = True

STATIC_URL = f"{BASE_PATH}/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [TEMPLATES_DIR / "static", NINJA / "static"]
# Also without `collectstatic` the pages have their style; with it they have it compressed.
WHITENOISE_USE_FINDERS = True
with contextlib.suppress(OSError):
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# For whom people reach by https, mostly through a proxy. Without it nothing changes: plain http goes on at home.
HTTPS = env.flag("STASHHOG_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.integer("STASHHOG_HSTS_SECONDS", 30 * 86_400, high=2 * 365 * 86_400) if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS and env.flag("STASHHOG_HTTPS_REDIRECT")
# Other names of the domain are not ours to promise anything for; and most proxies lead to https by themselves.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", *(["security.W008"] if HTTPS else [])]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
LOG_FORMAT = env.choice("STASHHOG_LOG_FORMAT", {"text", "json"}, "text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "stashhog.log_formats.json_lines"},
    },
    "filters": {
        "refusals": {"()": "stashhog.log_filters.RefusalsInALine"},
        "ids": {"()": "jobs.log_ids.LogIds"},
        "apprise": {"()": "stashhog.ops.notifications.apprise_log.CaptureFilter"},
    },
    # stderr: `--json` promises that stdout holds the result alone.
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["refusals", "ids"]},
        "none": {"class": "logging.NullHandler"},
    },
    "loggers": {
        "axes": {"level": "WARNING"},
        # What these say may quote addresses with passwords and keys in them, of notifications above all.
        "apprise": {"level": "DEBUG", "filters": ["apprise"], "handlers": ["none"], "propagate": False},
        "urllib3": {"level": "ERROR"},
        "requests_oauthlib": {"level": "ERROR"},
        "oauthlib": {"level": "ERROR"},
    },
    "root": {"handlers": ["console"], "level": env.choice("STASHHOG_LOG_LEVEL", LOG_LEVELS, "INFO")},
}

JOBS_TOKEN_KIND = "shog"
JOBS_SITE_URL = f"http://{BIND}"
JOBS_LOGGER = "app.jobs.process_new_scenes_job"
# The engine's times, in seconds; see docs/configuration.md.
# Well below the lease, so that one that comes late does not look like a death.
JOBS_HEARTBEAT = env.number("STASHHOG_HEARTBEAT", min(5, JOBS_LEASE / 3), low=0.1, high=JOBS_LEASE / 2)
JOBS_NO_PROGRESS = env.number("STASHHOG_NO_PROGRESS", 900, low=1)
JOBS_MAX_ATTEMPTS = env.integer("STASHHOG_MAX_ATTEMPTS", 3, low=1, high=100)
JOBS_RETRY_DELAY = env.number("STASHHOG_RETRY_DELAY", 30, high=3600)

# How cards name what jobs handled.
JOBS_ITEMS = "scenes.items.HandledItems"
JOBS_WORDS = "scenes.words.KEY_NAMES"

# What a run keeps of the settings in the database.
JOBS_PINNING = "scenes.configuration.pinning.RunSettings"

JOBS_FIX_OF = "scenes.codes.fix_of"
JOBS_CODE_NAMES = "scenes.codes.names.NAMES"

# What supervisors do besides; each decides by itself whether anything is due.
JOBS_CHORES = ["scenes.downloads.rechecking.recheck", "stashhog.ops.notifications.rounds.of_supervisor"]

NEEDS_YOU = ["stashhog.ops.needing.needs"]  # beside what scenes.web.needing finds
HEALTH_SERVICES = ["stashhog.ops.backups.health.BACKUPS"]  # shown beside those of scenes.web.service_states
BACKUPS_DIR = DATA_DIR / "backups"
BACKUPS_KEPT = env.integer("STASHHOG_BACKUPS_KEPT", 10)  # 0: all
# In days; 0: for ever.
JOBS_KEEP_EVENTS = env.integer("STASHHOG_KEEP_EVENTS_DAYS", 90, high=36500)
JOBS_KEEP_JOBS = env.integer("STASHHOG_KEEP_JOBS_DAYS", 365, high=36500)
