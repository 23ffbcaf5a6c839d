"""A mail as bytes and on the wire. Knows no service and decides nothing."""
