"""How gunicorn serves the web process; data only. Each process opens its own database connections after the fork."""

bind = "127.0.0.1:8000"
umask = 0o007  # a Unix socket is for our own user and group
workers = 2
worker_class = "gthread"
threads = 4  # at most database.pool_size, so that no request waits for a connection
preload_app = False
control_socket_disable = True  # nobody steers this process but its supervisor

timeout = 60  # longer than ledger.ack_timeout_s, which a write may wait
graceful_timeout = 30
keepalive = 5

# A proxy in front reads slow senders and bounds heads; these are the last resort.
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190

accesslog = None  # addresses and paths of readers are nobody's business; refusals are in the service's own log
errorlog = "-"
