"""Request in, response out: load, check, call one service, render. No rule lives here."""
