"""What the protocol refuses. Pure, so it has an error of its own; whoever shows one shows its text, never ``str``."""

from typing import ClassVar, Literal

Lang = Literal["zh", "en"]


class ProtocolError(Exception):
    """Something of a draw is not as the protocol says; ``code`` is stable, ``params`` fill the texts."""

    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **params: object) -> None:
        super().__init__(self.code)
        self.params = params

    def text(self, lang: Lang) -> str:
        """What is wrong, in one line."""
        return (self.zh if lang == "zh" else self.en).format(**self.params)


class Malformed(ProtocolError):
    code = "protocol.malformed"
    zh = "“{field}”的格式不符合协议。"
    en = "“{field}” is not in the form that the protocol asks for."


class EnvelopeBroken(ProtocolError):
    code = "protocol.envelope-broken"
    zh = "信封不能用这把密钥打开：内容被改动，或者不属于此处。"
    en = "The envelope cannot be opened with this key: it was altered or belongs elsewhere."


class ContentTooLong(ProtocolError):
    code = "protocol.content-too-long"
    zh = "密封内容长 {length} 字节，最多 {most} 字节。"
    en = "What is to be sealed is {length} bytes long; {most} is the most."
