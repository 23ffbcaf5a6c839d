"""Dates in Brazilian Portuguese: Django writes months with a capital letter, which nobody in Brazil does."""

DATE_FORMAT = r"j \d\e b. \d\e Y"
DATETIME_FORMAT = r"j \d\e b. \d\e Y, H:i"
MONTH_DAY_FORMAT = r"j \d\e b."
MOMENT_FORMAT = r"j \d\e b., H:i"
