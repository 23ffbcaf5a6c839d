"""How gunicorn serves the portal. It must not hold a secret: the settings read those.

`BIND` and `WEB_CONCURRENCY` are read like every setting, from the environment or `.env`.
"""

import os
import sys
from pathlib import Path

# gunicorn reads this file before it puts the project on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

from portal.env import env
from portal.logging import at_least

wsgi_app = "portal.wsgi"
bind = env.words("BIND", "127.0.0.1:8000")
# Each takes requests in whole, so that a slow client holds up nobody, and runs one at a time. About one for each core:
# more, or threads, made creating slower on SQLite and nothing faster.
worker_class = "portal.serving.BufferingWorker"
workers = env.whole("WEB_CONCURRENCY", 2, least=1)
# The workers share the memory of what was imported before the fork. No connection is open by then.
preload_app = True
timeout = 30
graceful_timeout = 20
max_requests = 5_000
max_requests_jitter = 500
# The heartbeat file of a worker: on a slow disk it can stall one, which is then killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # nosec B108  # gunicorn makes an unnamed file there
# A socket in the home folder that nothing here uses.
control_socket_disable = True
# gunicorn believes no X-Forwarded-* header from anybody. Django alone decides, by TRUSTED_PROXY_COUNT: with 0
# it ignores them, with more it takes the scheme from X-Forwarded-Proto and the client's address from that many
# places before the end of X-Forwarded-For. Set it only when every request comes through such a proxy.
forwarded_allow_ips = ""
# JSON lines with secrets masked, as the portal writes them. It logs each request itself, so gunicorn does not.
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {
            "handlers": ["console"],
            "level": at_least("INFO", settings.LOG_LEVEL),
            "propagate": False,
        },
        "waitress": {
            "handlers": ["console"],
            "level": at_least("WARNING", settings.LOG_LEVEL),
            "propagate": False,
        },
        "waitress.queue": {"level": "ERROR"},  # a queue of two is no news
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
