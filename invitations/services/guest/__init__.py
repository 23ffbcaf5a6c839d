"""What guests do with their key: open, go on, answer."""
