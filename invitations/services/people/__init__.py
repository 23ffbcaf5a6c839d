"""Accounts, members and what people set for themselves."""
