"""Files of others in static/vendor/ are the ones that vendor.txt names, unchanged."""

import hashlib
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "static" / "vendor"


def listed() -> dict[str, str]:
    """The sha256 that vendor.txt gives for each file."""
    lines = [
        line.split() for line in (VENDOR / "vendor.txt").read_text().splitlines() if not line.startswith("#")
    ]
    return {name: digest for name, _package, _version, _licence, digest in lines}


def test_each_file_is_listed_and_unchanged() -> None:
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "vendor.txt"
    }

    assert files == listed()


def test_no_file_names_a_source_map_that_is_not_here() -> None:
    assert [path.name for path in VENDOR.iterdir() if b"sourceMappingURL=" in path.read_bytes()] == []
