"""The keys that seal stored secrets: what each holds, and moving from one to the next."""
