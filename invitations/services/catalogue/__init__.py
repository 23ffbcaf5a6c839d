"""The connectors that Kondado lists: read, kept, pictured and explained to guests."""
