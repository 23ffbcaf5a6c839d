"""What people type, checked. Reads tables, never writes."""
