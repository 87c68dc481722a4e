"""The rules as pure functions: frozen facts in, a decision with its findings and articles out.

Rests on the standard library alone. What the law or a locality fixes stands in dated rulebooks, not in code; a fact
that is unknown counts against eligibility.
"""
