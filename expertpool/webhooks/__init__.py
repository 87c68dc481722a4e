"""Webhooks: the ledger's public facts, sent to programs of others as they happen."""
