"""How often programs may ask: the settings of the API."""

from dataclasses import dataclass

from expertpool.core.settings_fields import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Limits of requests under ``/api``, on each web host. Every figure is a product default."""

    account_per_minute: int = setting(
        1200,
        zh="同一账号每分钟最多的接口请求数（其全部令牌合计），可一次用完，随时间恢复；0 为不限。",
        en="Requests of one account in a minute, all its tokens together; all at once if need be, refilled as time "
        "goes. 0 for no limit.",
        bounds=(0, 10_000_000),
    )
    source_per_minute: int = setting(
        6000,
        zh="同一来源地址每分钟最多的接口请求数（IPv6 按 /64 网段），不论是否登录；0 为不限。反向代理后须先设好 "
        "service.proxies，否则全体算作同一来源。",
        en="Requests from one address in a minute (of IPv6 one /64), signed in or not; 0 for no limit. Behind a "
        "reverse proxy set service.proxies first, or everybody is one source.",
        bounds=(0, 10_000_000),
    )
