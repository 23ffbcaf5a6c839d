"""The worker's way with a link: claim, call, keep the answer, write down the outcome."""
