"""Whether this machine's disk has room for what Kondado answers. Reads only, and no table."""

import os
import shutil
from pathlib import Path

from django.conf import settings

LEAST_FREE = 4 * 1024 * 1024  # bytes: the database has to write the answer down as well


def free_space_problem() -> bool:
    """Whether this machine's disk could not take an answer: the folder is missing, closed, or almost full.

    Cheap, and writes nothing: for pages. What a worker on another machine finds is in its sign of life.
    """
    path = Path(settings.VAR_DIR)
    try:
        return shutil.disk_usage(path).free < LEAST_FREE or not os.access(path, os.W_OK | os.X_OK)
    except OSError:
        return True
