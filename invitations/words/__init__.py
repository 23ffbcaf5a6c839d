"""What people read. Reads no table and decides no rule."""
