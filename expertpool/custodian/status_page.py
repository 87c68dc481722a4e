"""The status page: one look says whether the owner has to do something. HTML without scripts, zh or en."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from html import escape
from typing import Any, Final, NamedTuple

from expertpool.core.errors import Language
from expertpool.custodian import words
from expertpool.custodian.status import is_silent
from expertpool.custodian.status_style import STYLE

STYLE_HASH: Final = f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"
REFRESH_S: Final = 15
BEIJING: Final = timezone(timedelta(hours=8))  # China keeps no summer time
GIB: Final = 1024**3
SHOWN: Final = 5
"""How many rows of a list are shown before the reader asks for more."""


class Verdict(NamedTuple):
    """What the page says first."""

    level: str
    headline: str
    lead: str


def page(found: dict[str, Any], now: datetime, language: Language) -> str:
    """The page of what ``status`` found."""
    view = _View(found, now, language)
    return _document(view.verdict(), view.body(), language, f"{found['name']} · {found['organisation']}")


def trouble_page(message: str, language: Language) -> str:
    """The page when not even the directory can be read."""
    return _document(Verdict("bad", _choose(language, "无法读取", "Cannot be read"), message), "", language, "")


class _View:
    """One rendering: what was found, by whose clock, in which language."""

    def __init__(self, found: dict[str, Any], now: datetime, language: Language) -> None:
        self.found = found
        self.now = now
        self.language = language

    def say(self, zh: str, en: str) -> str:
        return _choose(self.language, zh, en)

    def verdict(self) -> Verdict:
        """The worst that there is, in one sentence."""
        found = self.found
        if found["alarm"] is not None:
            lead = self.say(
                "程序不再共签和应答，直到本单位作出决定。",
                "The agent neither cosigns nor answers until its owner decides.",
            )
            return Verdict("bad", self.say("已停止", "Stopped"), lead)
        if found["trouble"] is not None:
            return Verdict("bad", self.say("未能完成", "In trouble"), found["trouble"][self.language])
        if is_silent(found, self.now):
            lead = self.say(
                "请检查程序是否在运行、网络是否通畅。", "See whether the agent runs and the network is there."
            )
            return Verdict("bad", self.say("与中心没有联系", "No contact with the centre"), lead)
        if found["to_approve"]:
            count = len(found["to_approve"])
            lead = self.say(
                f"有 {count} 项等待批准，过时将由候补单位办理。",
                f"{count} waiting; after a while an alternate is called in.",
            )
            return Verdict("wait", self.say("请您批准", "Please approve"), lead)
        if not any(each["state"] == "approved" for each in found["keys"]):
            lead = self.say(
                "请将登记文件交给中心的安全管理员，并等待监督部门批准。",
                "Hand the registration to the centre's security administrator; the supervisor approves it.",
            )
            return Verdict("wait", self.say("尚未批准", "Not approved yet"), lead)
        return Verdict(
            "good",
            self.say("一切正常", "All is well"),
            self.say("今天不需要您做任何事。", "Nothing needs to be done today."),
        )

    def body(self) -> str:
        """The cards, the urgent ones first."""
        pair = f'<div class="pair">{self._log()}{self._machine()}</div>'
        urgent = self._alarm() + self._to_approve()
        return urgent + pair + self._work() + self._openings()

    def _alarm(self) -> str:
        alarm = self.found["alarm"]
        if alarm is None:
            return ""
        evidence = alarm["params"].get("evidence")
        rows = [
            (self.say("编号", "Number"), _code(alarm["id"])),
            (self.say("时间", "Raised"), self._moment(alarm["raised"])),
        ]
        if evidence:
            rows.append((self.say("证据", "Evidence"), _code(evidence)))
        lift = f"expertpool-custodian lift --dir … --alarm {alarm['id']} --reason …"
        told = self.say(
            "查明原因后，由本单位决定是否继续：", "When the cause is known, the owner decides whether to go on:"
        )
        return self._card(
            self.say("警报", "Alarm"),
            f'<p class="bad"><strong>{escape(alarm[self.language])}</strong></p>{_rows(rows)}'
            f"<p>{escape(told)}</p><pre><code>{escape(lift)}</code></pre>",
            "alarm",
        )

    def _to_approve(self) -> str:
        items = []
        for each in self.found["to_approve"]:
            what = self.say(f"第 {each['entry']} 条", f"Entry {each['entry']}")
            reason = f"<br>{escape(each['reason'])}" if each.get("reason") else ""
            items.append(
                f"<strong>{what}</strong> · {escape(words.asks(each['kind'], self.language))}{reason}<br>"
                f"<small>{_code(str(each['draw']))}</small>"
                f"<pre><code>expertpool-custodian approve --dir … {each['entry']}</code></pre>"
            )
        return self._card(self.say("等待您批准", "Waiting for you"), _list(items), "asked") if items else ""

    def _log(self) -> str:
        found = self.found
        cosigned = self.say(f"至第 {found['cosigned']:,} 条", f"{found['cosigned']:,} entries")
        witnessed = self.say(f"至第 {found['witnessed']:,} 条", f"{found['witnessed']:,} entries")
        rows = [
            (self.say("最近联系", "Last contact"), self._moment(found["contact"])),
            (self.say("本单位共签", "Cosigned here"), f"{cosigned}<br>{self._moment(found['cosigned_at'])}"),
            (self.say("法定数共签", "Quorum"), witnessed),
            (self.say("账本名称", "Log"), _code(found["origin"])),
            (self.say("中心", "Centre"), _code(found["url"])),
        ]
        unit = self.say("已逐条核对的条目", "entries checked one by one")
        figure = f'<p class="figure">{found["size"]:,}</p><p class="unit">{unit}</p>'
        return self._card(self.say("账本", "The log"), figure + _rows(rows))

    def _machine(self) -> str:
        found, free, total = self.found, self.found["disk"]["free"], self.found["disk"]["total"]
        mode = self.say("每次都须批准", "asks each time") if found["ask"] else self.say("自动办理", "by itself")
        keys = [
            escape(self.say(f"第 {each['number']} 组：", f"set {each['number']}: "))
            + escape(words.keys(each["state"], self.language))
            + f"<br>{_code(each.get('fingerprint', ''))}"
            for each in found["keys"]
        ]
        room = self.say(
            f"剩余 {free / GIB:,.1f} GB，共 {total / GIB:,.1f} GB", f"{free / GIB:,.1f} of {total / GIB:,.1f} GB free"
        )
        rows = [
            (self.say("办理方式", "Mode"), mode),
            (self.say("密钥", "Keys"), "<br>".join(keys) or "–"),
            (self.say("本机时钟", "Clock"), self._moment(self.now.timestamp())),
            (self.say("账本最新条目", "Newest entry"), self._moment(found["log_time"])),
            (
                self.say("磁盘", "Disk"),
                f'{room}<meter min="0" low="0.1" optimum="1" max="1" value="{free / total:.3f}">{room}</meter>',
            ),
            (self.say("委员会文件", "Committees kept"), f"{len(found['committees'])}"),
        ]
        return self._card(self.say("本机", "This machine"), _rows(rows))

    def _work(self) -> str:
        found = self.found
        done = [
            f"<strong>{escape(each['project'])}</strong> · {escape(self.say('、', ', ').join(each['lots']))}<br>"
            f"<small>{self.say('抽取意向：第', 'intent: entry')} {each['intent']} {self.say('条', '')}</small>"
            for each in found["contributed"]
        ]
        waiting = [
            f"{escape(words.waits(code, self.language))}<br><small>{_code(task)}</small>"
            for task, code in found["waiting"].items()
        ]
        count = self.say(f"共 {found['contributions']:,} 次", f"{found['contributions']:,} in all")
        none = self.say("还没有。", "None yet.")
        card = self._card(
            f"{self.say('已出具随机贡献', 'Contributed to')} <small>{count}</small>", self._long(done, none)
        )
        pending = self._card(
            self.say("待条件具备", "Not ready yet"), self._long(waiting, self.say("没有。", "Nothing."))
        )
        return f'<div class="pair">{card}<div>{pending}{self._refusals()}</div></div>'

    def _refusals(self) -> str:
        items = []
        for each in self.found["refusals"]:
            entry = each.get("entry")
            about = "" if entry is None else self.say(f"第 {entry} 条 · ", f"entry {entry} · ")
            small = f"{about}{self._moment(each['decided'])} · {_code(each['refused'])}"
            items.append(f"{escape(words.refused(each, self.language))}<br><small>{small}</small>")
        return self._card(
            self.say("拒绝了什么", "What was refused"), self._long(items, self.say("没有拒绝过。", "Nothing so far."))
        )

    def _openings(self) -> str:
        items = []
        for each in self.found["openings"]:
            told = self.say("已上报", "the centre has it") if each["told"] else self.say("尚未上报", "not told yet")
            what, when = f"<strong>{escape(str(each['draw']))}</strong>", escape(str(each["at"]))
            items.append(f"{what} · {escape(str(each['reason']))}<br><small>{when} · {told}</small>")
        return self._card(self.say("离线开启", "Opened without the centre"), self._long(items, "")) if items else ""

    def _card(self, title: str, inner: str, kind: str = "") -> str:
        return f'<section class="{kind}"><h2>{title}</h2>{inner}</section>'

    def _long(self, items: list[str], none: str) -> str:
        """A list, of which only the first few show at once."""
        if not items:
            return f'<p class="none">{none}</p>'
        more = f"<details><summary>{self.say('更多', 'More')}</summary>{_list(items[SHOWN:])}</details>"
        return _list(items[:SHOWN]) + (more if len(items) > SHOWN else "")

    def _moment(self, seconds: float | None) -> str:
        """A moment in Beijing's time, and how long ago that is."""
        if seconds is None:
            return "–"
        at = datetime.fromtimestamp(seconds, UTC)
        shown = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        ago = self._ago((self.now - at).total_seconds())
        return f'<time datetime="{at.isoformat()}">{shown}</time> <span class="ago">{ago}</span>'

    def _ago(self, seconds: float) -> str:
        if abs(seconds) < 10:
            return self.say("刚刚", "just now")
        size, zh, en = next(
            each
            for each in ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min"), (1, "秒", "s"))
            if abs(seconds) >= each[0]
        )
        count = int(abs(seconds) // size)
        past = seconds > 0
        return self.say(f"{count} {zh}{'前' if past else '后'}", f"{count} {en} ago" if past else f"in {count} {en}")


def _document(verdict: Verdict, body: str, language: Language, name: str) -> str:
    other = ("en", "English") if language == "zh" else ("zh", "中文")
    title = _choose(language, "密钥保管方程序", "Key holder's agent")
    notes = _choose(
        language,
        f"时间为北京时间，页面每 {REFRESH_S} 秒更新。本页只读，只有本机可以打开；办理请用命令行。",
        f"Times are Beijing's; the page renews itself every {REFRESH_S} s. It is read only and for this machine alone.",
    )
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        f"<title>{escape(verdict.headline)} · {title}</title><style>{STYLE}</style></head><body>"
        f"<header><div><strong>{title}</strong><br><span>{escape(name)}</span></div>"
        f'<a class="language" href="/?lang={other[0]}" lang="{other[0]}">{other[1]}</a></header>'
        f'<main><div class="hero"><h1 class="{verdict.level}">{escape(verdict.headline)}</h1>'
        f'<p class="lead">{escape(verdict.lead)}</p></div>{body}</main>'
        f'<footer><p>{notes} <a href="/status.json">JSON</a></p></footer></body></html>'
    )


def _choose(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in rows)}</dl>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
