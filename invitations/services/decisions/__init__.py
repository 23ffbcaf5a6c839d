"""A person's decisions: on unknown outcomes, refusals, and after a restore."""
