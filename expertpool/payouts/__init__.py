"""Payouts: fees by rule, agreed, confirmed once, released at most once, reconciled."""
