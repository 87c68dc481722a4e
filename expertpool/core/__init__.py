"""What every capability stands on and none of them owns: settings, database, transactions, events, time, keys, jobs.

It imports no capability and knows no web framework.
"""
