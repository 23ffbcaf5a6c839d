"""Reads the silent mailbox over IMAP. Plain Python: no Django, no writing, and nothing marked as read."""
