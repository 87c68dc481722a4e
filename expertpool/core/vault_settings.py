"""How the vault is asked, and how often what is secret may be guessed at."""
# ruff: noqa: RUF009 - `setting` declares a field; its default is made once because it cannot change.

import re
from dataclasses import dataclass
from pathlib import Path

from expertpool.core.settings_fields import Form, setting

SYSTEM_USER = Form(
    re.compile(r"[A-Za-z_][A-Za-z0-9._-]*"), "必须是系统用户名", "must be the name of a system user of this machine"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSettings:
    """The line to the vault, and the limits that the vault keeps. Every figure is a product default."""

    socket: Path = setting(
        Path("line/vault"),
        zh="保险库应答网页进程的 Unix 套接字。所在目录由保险库以 0750 建立；正式运行时两个进程的用户须有共同的用户组。",
        en="The Unix socket on which the vault answers the web process. The vault makes its folder with mode 0750; in "
        "production the users of both processes share a group.",
    )
    peers: tuple[str, ...] = setting(
        (),
        zh="除保险库自己的系统用户外，还可以向保险库提问的系统用户（网页进程的用户）。",
        en="System users besides the vault's own that may ask the vault: that of the web process.",
        form=SYSTEM_USER,
    )
    timeout_s: int = setting(
        10,
        zh="等待保险库应答的最长时间（秒）。",
        en="Longest wait for the vault's answer, in seconds.",
        bounds=(1, 60),
    )
    attempts_per_hour: int = setting(
        60,
        zh="同一来源每小时最多几次错误的应答码、错误的验证码或获取验证码的请求，之后一律拒绝；中心内部往往共用一个出口地址，"
        "不宜过小。",
        en="Wrong codes, and one-time codes asked for, from one source in an hour; after that everything is refused. "
        "People inside the centre often share one address, so not too few.",
        bounds=(1, 10_000),
    )
    one_time_codes_per_hour: int = setting(
        5,
        zh="同一手机号每小时最多发送几次验证码。",
        en="One-time codes sent to one telephone number in an hour at most.",
        bounds=(1, 100),
    )
    one_time_code_minutes: int = setting(
        5,
        zh="验证码的有效时间（分钟）。",
        en="How long a one-time code can be used, in minutes.",
        bounds=(1, 60),
    )
    sign_in_hours: int = setting(
        12,
        zh="专家登录后多久（小时）须重新登录。",
        en="After how many hours an expert has to sign in again.",
        bounds=(1, 720),
    )
