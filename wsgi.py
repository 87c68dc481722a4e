"""What a web server loads: ``gunicorn --config config/gunicorn.conf.py wsgi:app``."""

from expertpool.app import create_app
from expertpool.core.settings_loading import load_settings

app = create_app(load_settings())
