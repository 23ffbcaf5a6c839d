"""The budget of calls to Kondado, and the clients that make them."""
