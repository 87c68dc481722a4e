"""How people may sign in besides account, password and one-time code."""

import re
from dataclasses import dataclass

from expertpool.core.settings_fields import Form, setting

ABSOLUTE = Form(re.compile(r"/[^\0]+"), "必须是绝对路径", "must be absolute paths")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSettings:
    """Client certificates, which the reverse proxy hands on in the header X-Client-Certificate."""

    authorities: tuple[str, ...] = setting(
        (),
        zh="受信任的 CA 证书文件（PEM，每个文件可含多张，中间 CA 也列入）；为空则不能用证书登录。设置后 service.socket "
        "也必须设置：代理经 TCP 转来的证书任何人都能伪造，一律不看。",
        en="PEM files of the CA certificates that are trusted, intermediate ones too, several to a file; empty for no "
        "sign-in by certificate. Wants service.socket: what comes over TCP anybody can forge, so it is not looked at.",
        form=ABSOLUTE,
    )
    revocation_lists: tuple[str, ...] = setting(
        (),
        zh="证书吊销列表文件（PEM 或 DER），由中心自行定期更新，无须重启；一旦设置，没有有效吊销列表的 CA 所发"
        "证书一律拒绝。",
        en="Files of revocation lists (PEM or DER), which the centre keeps fresh; no restart is needed. Once there is "
        "one, certificates of a CA without a list in force are refused.",
        form=ABSOLUTE,
    )
