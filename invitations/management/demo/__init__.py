"""The story of the demo: who works for the agency, whom they invite, and what became of it in twelve weeks.

Told through the services, each with the time at which it happened. Only beside the stand-in Kondado.
"""
