"""The ledger for everyone: what stands in it, receipts, and how to check it without trusting us."""
