"""Which mails leave, to whom, and how far each one got."""
