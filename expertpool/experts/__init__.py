"""The expert pool: who is in it, what is known of them, and the roster that the ledger commits to."""
