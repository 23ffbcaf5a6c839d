"""The portal's own settings, with collected files beside the test's others and the tests' fast hasher."""

from portal.settings import *  # noqa: F403
from portal.settings import VAR_DIR

STATIC_ROOT = VAR_DIR / "collected"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
