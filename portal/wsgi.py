"""The WSGI entry point that gunicorn loads. Refuses to start while a key of stored secrets is missing, or during a restore."""

import os
import sys

from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connection

from portal import alive

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
try:
    alive.live()
except alive.Busy:
    sys.exit("A restore is under way. Start the web again when it is done.")
if problems := run_checks(tags=["keys"]):
    sys.exit("\n".join(f"{problem.msg} {problem.hint}" for problem in problems))
connection.close()  # gunicorn forks after this, and no connection may be open by then
