"""What a web server loads: ``gunicorn --config config/gunicorn.conf.py wsgi:app``."""

import gc

from expertpool.app import create_app
from expertpool.core.logs import configure_logs
from expertpool.core.settings_loading import load_settings

settings = load_settings()
configure_logs(settings.service.mode, "web")
app = create_app(settings)
# What is loaded by now stays: were every full collection to look at it again, some pages would wait a quarter second.
gc.collect()
gc.freeze()
