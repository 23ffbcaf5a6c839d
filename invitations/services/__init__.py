"""The only writers. Keyword-only, one transaction each, every change recorded in it; no request, no HTML."""
