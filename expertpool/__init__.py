"""The service: draws, seals, seats, assesses and pays bid-evaluation committees, one folder per capability.

Every act becomes a row and a ledger entry in one transaction; the rules come from `policies`, the log from `ledger`.
"""
