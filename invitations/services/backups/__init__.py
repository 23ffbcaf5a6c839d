"""Backups and restores of the whole database: one encrypted file, made and brought back without footnotes."""
