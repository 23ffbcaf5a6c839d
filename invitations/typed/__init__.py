"""What people and strangers give us to read: addresses, texts, pictures. Knows no table."""
