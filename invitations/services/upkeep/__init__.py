"""What grows by itself and is taken away again."""
