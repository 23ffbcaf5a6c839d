"""A stand-in Kondado: a real HTTP server for the demo and the tests. Nothing here is real.

It must import neither Django nor the rest of the portal, so that it can only be reached through a socket.
"""

from invitations.kondado.sandbox.server import Sandbox

__all__ = ["Sandbox"]
