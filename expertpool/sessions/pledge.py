"""What members read and sign before they review: the discipline (评审纪律), and the recusal declaration and pledge.

The words stand on the room's terminal and on paper alike; they put into a member's mouth what 招标投标法 第三十七条,
its 实施条例 第四十六条 and 第四十八条, 12号令 第十二条 and 政府采购法实施条例 第九条 ask.
"""

from typing import Final

from expertpool.projects.terms import Words

DISCIPLINE: Final = (
    Words(
        "通讯工具已经存放；评审期间不与外界联系，不擅自离开，确需离开的先告知见证人员。",
        "Communication devices are locked away. During the review nobody is in touch with the outside; whoever must "
        "leave tells the witness officer first.",
    ),
    Words(
        "按照招标（采购）文件规定的标准和方法，客观、公正地评审，独立提出意见并承担个人责任。",
        "Everybody reviews fairly by the standards and methods of the tender documents, states an opinion of one's own "
        "and answers for it.",
    ),
    Words(
        "不私下接触投标人（供应商），不收受任何财物或其他好处，不接受任何人的倾向性要求。",
        "Nobody meets a bidder or supplier in private, takes property or other benefits, or follows anybody's leaning.",
    ),
    Words(
        "不透露评审和比较的情况、候选人的推荐情况以及与评审有关的其他情况，评审后亦同。",
        "What is reviewed, compared and recommended is told to nobody, then and afterwards.",
    ),
    Words(
        "对结论有不同意见的，可书面说明；拒绝签字又不书面说明不同意见和理由的，视为同意。",
        "Whoever disagrees may say so in writing; who neither signs nor states a dissent in writing is taken to agree.",
    ),
    Words(
        "除规定的劳务报酬外，不索取任何费用。",
        "Nothing is asked for beyond the fee that the standard sets.",
    ),
)
"""评审纪律: to be read by every member once signed in."""

DECLARATION: Final = (
    Words(
        "我已查看本场全部投标人（供应商）的名单。",
        "I have seen the list of all bidders or suppliers of this session.",
    ),
    Words(
        "我及我的近亲属与任何投标人（供应商）及其主要负责人不存在应当回避的关系：近亲属、三年内的任职、持股或实际控制，"
        "以及其他可能影响公正评审的利害关系。",
        "Neither I nor a close relative has a relation to a bidder or supplier, or to its principals, for which one "
        "steps aside: kinship, a post within three years, shares or control, or another interest that might bear on a "
        "fair review.",
    ),
    Words(
        "我不是本项目主管部门或行政监督部门的工作人员，也未因与招标投标有关的违法行为受过行政或刑事处罚。",
        "I do not work for the project's competent or supervising department, and have not been punished for acts "
        "against the law of tendering.",
    ),
    Words(
        "评审中发现应当回避的情形，我立即说明并退出。",
        "If I find a reason to step aside during the review, I say so at once and withdraw.",
    ),
    Words(
        "我承诺遵守评审纪律，独立、客观、公正地评审，对本人的意见终身负责；声明不实的，愿承担法律责任。",
        "I pledge to keep the discipline, to review independently, objectively and fairly, and to answer for my "
        "opinion for life; for an untrue declaration I bear the consequences in law.",
    ),
)
"""回避声明与承诺书: to be signed by every member once the bidders were seen."""
