"""Stops of sending: set, released, and the rules by which the machine sets them."""
