"""How people may sign in besides account, password and one-time code."""

import re
from dataclasses import dataclass

from expertpool.core.settings_fields import LINE, TEXT, Form, setting

ISSUER = Form(
    re.compile(r"(https?://[^\s/?#@]+[^\s?#]*)?"),
    "必须是 http:// 或 https:// 开头的网址，与平台所称完全一致，或为空",
    "must be an http:// or https:// address exactly as the provider has it, or empty",
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """Provincial single sign-on by OpenID Connect. Its secret stands in the environment: EXPERTPOOL_OIDC_SECRET."""

    issuer: str = setting(
        "",
        zh="统一身份认证平台的发行者标识（issuer），正式运行必须是 https；为空则不使用。"
        "回调地址为 service.base_url 加 /sign-in/oidc/return。",
        en="The provider's issuer, https in production; empty for no single sign-on. The address that it sends people "
        "back to is service.base_url with /sign-in/oidc/return.",
        form=ISSUER,
    )
    client_id: str = setting(
        "",
        zh="本系统在该平台登记的客户端标识。",
        en="The name under which the provider knows this service (client_id).",
        form=LINE,
    )
    name_zh: str = setting(
        "省统一身份认证",
        zh="登录页按钮上的中文名称。",
        en="What the button on the page to sign in calls it in Chinese.",
        form=TEXT,
    )
    name_en: str = setting(
        "provincial single sign-on",
        zh="登录页按钮上的英文名称。",
        en="And in English.",
        form=TEXT,
    )
    claim: str = setting(
        "sub",
        zh="用身份令牌中的哪一项与账号关联；除 sub 外，须确认平台从不把它另给他人。",
        en="Which claim of the ID token is linked to accounts. Any but sub only if the provider never gives it to "
        "another person.",
        form=TEXT,
    )
    acr: tuple[str, ...] = setting(
        (),
        zh="接受的认证等级（acr），任一即可；为空则不要求。",
        en="Authentication context classes (acr) of which one is wanted; empty for any.",
        form=TEXT,
    )
    amr: tuple[str, ...] = setting(
        (),
        zh="要求的认证方法（amr），须全部具备，例如 mfa；为空则不要求。acr、amr 都为空时，该平台的登录不算第二因素。",
        en="Authentication methods (amr) that are all wanted, such as mfa; empty for any. With neither acr nor amr, "
        "signing in there is no second factor here.",
        form=TEXT,
    )
    timeout_s: int = setting(
        10,
        zh="等待该平台应答的最长时间（秒）。",
        en="Longest wait for an answer of the provider, in seconds.",
        bounds=(1, 30),
    )
