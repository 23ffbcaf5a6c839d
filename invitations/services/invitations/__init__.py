"""What managers do with invitations and their links."""
