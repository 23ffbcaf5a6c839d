"""The portal's settings for tests: throwaway secrets, a fast hasher, mail in memory, no limit on calls."""

import base64
import os
import tempfile
from pathlib import Path

VAR = tempfile.mkdtemp(prefix="convite-test-")
os.environ["ENV_FILE"] = str(Path(VAR) / "no-env-file")
os.environ.update(
    {
        "SECRET_KEY": "test-secret-key-of-at-least-fifty-characters-0123456789-abc",
        "FIELD_KEYS": base64.urlsafe_b64encode(b"t" * 32).decode(),
        "PORTAL_URL": "http://localhost:8000",
        "VAR_DIR": VAR,
        "KONDADO_SANDBOX": "1",
        "KONDADO_API_URL": "http://127.0.0.1:9",
        "KONDADO_LINK_HOSTS": "127.0.0.1:9",
        "KONDADO_KEY": "canary-key-7f3a",
        "KONDADO_TOKEN": "canary-token-9c1e",
        "KONDADO_CALLS_PER_SECOND": "0",
        "KONDADO_CALLS_PER_MINUTE": "0",
        "KONDADO_DEADLINE_SECONDS": "2",
        "TIME_ZONE": "America/Sao_Paulo",
        "DEBUG": "0",
    }
)

from portal.settings import *  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # In a file, so that tests may use several connections and processes.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(VAR) / "test.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
