"""What may be seen and checked: the ledger for everyone, draws as they happen, their records, the situation guide."""
