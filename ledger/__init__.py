"""The ledger as a library of its own: an append-only Merkle log in standard formats, and its verification.

It rests on the standard library, `cryptography` and `rfc8785` alone and knows nothing of the service that writes
it, so that an outsider can check a log without installing, or trusting, that service.
"""
