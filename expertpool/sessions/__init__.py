"""The session's day: what happens between the first sign-in and the confirmed timeline, by seat code."""
