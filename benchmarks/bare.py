"""Part of `web`: the floor for requests, one Flask route that does nothing, under the same gunicorn."""

from flask import Flask

app = Flask("bare")


@app.get("/")
def nothing() -> str:
    """A line of text."""
    return "ok"
