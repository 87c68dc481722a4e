"""Every rule does what its tables of cases say, in each regime."""

import pytest

from policies.decision import Effect
from tests.policies import casebook
from tests.policies.casebook import Case


@pytest.mark.parametrize("case", casebook.all_cases(), ids=str)
def test_case(case: Case) -> None:
    reason = casebook.answer(case)
    if case.effect is Effect.MET:
        assert reason is None
        return
    assert reason is not None
    finding = casebook.finding(case, reason)
    assert finding.effect is case.effect
    expected = finding.facts["missing"] if case.effect is Effect.UNKNOWN else finding.key
    assert expected == case.expected
    assert finding.article
    for text in (finding.zh, finding.en, finding.title.zh, finding.title.en):
        assert text
        assert "{" not in text
    assert all(isinstance(fact, str | int) for fact in finding.facts.values())


RENDERED = {
    "qualification.tender": {
        "职称为中级，未达高级职称或同等专业水平。",
        "自 2018-11-21 起从事本专业，未满 8 年。",
        "缺少“职称”，无法证明符合本条，按不符合处理。请补录该项后重新核定。",
    },
    "recusal.employment": {"2023-11-20 以来与投标人“甲公司”存在劳动关系，须回避。"},
    "recusal.own_unit": {
        "缺少“工作单位的统一社会信用代码”，无法证明符合本条，按不符合处理。请补录该项后重新核定。",
        "在招标人“市水利局”任职，本单位项目只能作为业主代表参加。",
    },
    "recusal.punished": {
        "曾因招标投标违法行为受处罚（1999-12-31），不得参加。",
        "曾因招标投标违法行为受处罚（—），不得参加。",
    },
    "recusal.declared": {"本人申报与“P-2026-001”有利害关系，须回避。", "本人申报与“甲公司”有利害关系，须回避。"},
    "status.suspension": {"自 2026-05-20 至 2026-11-20 暂停抽取。", "自 2020-01-01 至 — 暂停抽取。"},
    "recusal.kinship": {"配偶为供应商“甲公司”的法定代表人或主要负责人，须回避。"},
    "committee.large": {"预算较大、技术复杂或社会影响较大的项目须 7 人以上，现为 6 人。请增加成员。"},
    "committee.experts": {"5 人中专家 3 人，少于 2/3。请减少业主代表或增加专家。"},
    "specialty.claims": {"第 2 级专业申报了 4 个，最多 3 个。", "第 3 级专业申报了 7 个，最多 6 个。"},
    "window.working_days": {"2026-11-17 抽取过早，最早为 2026-11-18。", "评审已经开始，不能再抽取。"},
    "window.before_opening": {"抽取过早，最早为开标前 24 小时。", "须在开标当日 2026-11-20 抽取。"},
    "limits.agency": {"2026-05-20 之后已为同一代理机构评审 3 次，达到上限。"},
    "limits.pair": {"有两名成员在 2025-11-20 之后已同场 3 次，达到上限。"},
    "service.replacement": {"成员因回避被更换，其结论无效，须由新成员重新评审。"},
    "service.release": {"“付款方”须在“中标结果确定”之后才能查看名单。"},
    "shortage.mirror": {"省级名册签名日期为 2026-11-19，今天是 2026-11-20。请先同步（无变化也须同步）。"},
}


@pytest.mark.parametrize(("rule", "texts"), RENDERED.items(), ids=RENDERED)
def test_the_facts_used_are_told(rule: str, texts: set[str]) -> None:
    answers = [(case, casebook.answer(case)) for case in casebook.all_cases() if case.rule == rule]
    told = {casebook.finding(case, reason).zh for case, reason in answers if reason is not None}
    assert texts <= told
