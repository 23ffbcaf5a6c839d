"""Dates in English, where Django's own format has no word for it."""

MOMENT_FORMAT = "j M, H:i"
