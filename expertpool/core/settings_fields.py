"""How a setting is declared: its meaning in both languages, its limits, and whether production takes its default."""

import re
from dataclasses import field
from typing import Any, NamedTuple


class Form(NamedTuple):
    """What a text must look like, and how to say so."""

    pattern: re.Pattern[str]
    zh: str
    en: str


def setting(
    default: Any,
    *,
    zh: str,
    en: str,
    bounds: tuple[int, int] | None = None,
    form: Form | None = None,
    demo_only: bool = False,
    secret: bool = False,
) -> Any:
    """Declare a field with its documentation and limits.

    `bounds` are the least and the greatest number accepted. `demo_only`: the default suits demonstrations, and
    production must set another. `secret`: keep the value out of `repr`, and so out of logs.
    """
    metadata = {"zh": zh, "en": en, "bounds": bounds, "form": form, "demo_only": demo_only}
    return field(default=default, metadata=metadata, repr=not secret)


TEXT = Form(re.compile(r"\S(.*\S)?"), "不能为空，首尾不能有空格", "must be a line of text without spaces around it")
# C2SP signed-note: a key name is not empty and has neither white space nor a plus sign.
ORIGIN = Form(re.compile(r"[^\s+]+"), "不能有空格或加号", "must have neither spaces nor plus signs")
WEB_ADDRESS = Form(
    re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?"),
    "必须是 http:// 或 https:// 开头、末尾没有斜杠的网址",
    "must be an http:// or https:// address without a slash at its end",
)
DATABASE_URL = Form(
    re.compile(r"(sqlite:///|postgresql\+psycopg://).+"),
    "必须是 sqlite:///文件 或 postgresql+psycopg://用户@主机/库名",
    "must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
)
VARIABLE = Form(
    re.compile(r"[A-Z_][A-Z0-9_]*"),
    "必须是环境变量名，只用大写字母、数字和下划线",
    "must be the name of an environment variable: capitals, digits and underscores",
)
OPTIONAL_WEB_ADDRESS = Form(
    re.compile(rf"({WEB_ADDRESS.pattern.pattern})?"),
    f"{WEB_ADDRESS.zh}，或为空",
    f"{WEB_ADDRESS.en}, or empty",
)
LINE = Form(re.compile(r"(\S(.*\S)?)?"), "首尾不能有空格", "must be a line of text without spaces around it, or empty")
TIME_OF_DAY = Form(
    re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]"), "必须是 00:00 到 23:59 的时刻", "must be a time from 00:00 to 23:59"
)
