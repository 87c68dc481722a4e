"""The web edge that all capabilities share: access, problems, headers, acts and their receipts, base templates."""
