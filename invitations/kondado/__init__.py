"""Kondado, the vendor: the only package that talks HTTP, in plain Python, without Django.

Import from its modules: `client` (which pulls in httpx, so only where calls are made), `types`, `errors`, `links`
and `pacing` (all light). Nothing here logs, and nothing here turns a secret into text.
"""
