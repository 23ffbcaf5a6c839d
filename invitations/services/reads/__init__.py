"""What pages read and nobody writes, each in a fixed number of queries."""
