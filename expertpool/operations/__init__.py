"""What it takes to keep the service running: whether its parts are well, and the jobs that were given up.

The checks are the doctor's, as far as they need no key; nothing here names anybody, or tells who is drawn.
"""
