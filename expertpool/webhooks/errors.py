"""What webhooks refuse."""

from expertpool.core.errors import Conflict, Forbidden, Invalid, NotFound


class AddressRefused(Forbidden):
    code = "webhooks.address-refused"
    zh = "不能发往此网址：须为 https，且不得指向内部、本机或链路地址（内部网段须由系统管理员在设置中放行）。"
    en = (
        "Nothing is sent to this address: it must be https and no private, local or link address, unless the system "
        "administrator has allowed its network in the settings."
    )


class NetworkInvalid(Invalid):
    code = "webhooks.network-invalid"
    zh = "设置 webhooks.networks 中的 {network} 不是网段。"
    en = "{network} in the setting webhooks.networks is no network."
    network: str


class TooManyWebhooks(Conflict):
    code = "webhooks.too-many"
    zh = "一个账号最多有 {most} 个推送订阅，请先终止不用的。"
    en = "An account has at most {most} webhooks; end one that is not used."
    most: int


class NoSuchWebhook(NotFound):
    code = "webhooks.no-such-webhook"
    zh = "没有这个推送订阅，或已终止。"
    en = "There is no such webhook, or it was ended."


class NotStopped(Conflict):
    code = "webhooks.not-stopped"
    zh = "该推送订阅没有停止，无需恢复。"
    en = "This webhook was not stopped, so there is nothing to resume."
