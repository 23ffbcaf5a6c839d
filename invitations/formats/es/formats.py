"""Dates in Spanish, where Django's own format has no word for it."""

MOMENT_FORMAT = r"j \d\e F, H:i"
