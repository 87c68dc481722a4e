"""What the doctor looks at of people's ways to sign in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from expertpool.identity import certificates, passkeys
from expertpool.identity.oidc_provider import Provider
from expertpool.operations.findings import Finding, Patient, fail, ok, warn

SOON: Final = timedelta(days=30)


def host_name(patient: Patient) -> Iterator[Finding]:
    """Passkeys belong to a host name."""
    service = patient.settings.service
    if service.mode == "production" and passkeys.relying_party(service) is None:
        yield warn(
            "service.base_url 是数字地址，不能使用通行密钥；请改用域名。",
            "service.base_url is a numeric address, so there are no passkeys; give the service a host name.",
        )


def authorities(patient: Patient) -> Iterator[Finding]:
    """The CA certificates and revocation lists by which people sign in: readable, in force, for a while yet."""
    settings, now = patient.settings.certificates, patient.clock.now()
    if not settings.authorities:
        return
    trusted = certificates.trust(settings)
    for each in trusted.authorities:
        name, end = each.subject.rfc4514_string(), each.not_valid_after_utc
        if end < now + SOON:
            status = fail if end < now else warn
            yield status(
                f"CA 证书 {name} 有效期至 {end:%Y-%m-%d}；请向 CA 取得新证书并加入 certificates.authorities。",
                f"The CA certificate {name} is valid until {end:%Y-%m-%d}; add its successor to "
                "certificates.authorities.",
            )
    for listed in trusted.revocations or ():
        if not certificates.is_in_force(listed, now):
            name = listed.issuer.rfc4514_string()
            yield fail(
                f"{name} 的吊销列表已过期，其证书现在都不能登录；请更新文件。",
                f"The revocation list of {name} is out of date, so none of its certificates signs in; fetch it anew.",
            )
    yield ok(
        f"可用证书登录，受信任的 CA 证书 {len(trusted.authorities)} 张。",
        f"People sign in by certificate; {len(trusted.authorities)} CA certificates are trusted.",
    )


def provider(patient: Patient) -> Iterator[Finding]:
    """The OpenID provider answers, and says that it is the one of the settings."""
    settings = patient.settings.oidc
    if not settings.issuer:
        return
    Provider(settings, patient.clock, secret="").keys()
    yield ok(f"统一身份认证平台 {settings.issuer} 应答正常。", f"The OpenID provider {settings.issuer} answers.")


def proxy_socket(patient: Patient) -> Iterator[Finding]:
    """Whoever reaches the socket may say whose certificate was shown."""
    path = patient.settings.service.socket
    if path is not None and path.parent.is_dir() and path.parent.stat().st_mode & 0o007:
        yield fail(
            f"本机其他用户可以进入网页套接字所在目录 {path.parent}，从而冒充代理；请改为 0750。",
            f"Other users of this machine can enter {path.parent} and so pass for the proxy; set its mode to 0750.",
        )
