"""Speed against the goals: `python -m tests.bench`. Ratios only mean something within one run."""
