"""What every service stands on: the record, the clock, locks, slots and stages."""
