"""The roles of an installation: each account has exactly one, so that no one holds two administrators' parts."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody comes for. The three administrators are separate by law and custom (三员分立)."""

    CENTRE_STAFF = "centre-staff"
    INITIATOR = "initiator"
    SUPERVISOR = "supervisor"
    KEY_HOLDER = "key-holder"
    EXPERT = "expert"
    AUDITOR = "auditor"
    POOL_MANAGER = "pool-manager"
    FINANCE = "finance"
    COMPETENT_DEPARTMENT = "competent-department"
    SYSTEM_ADMINISTRATOR = "system-administrator"
    SECURITY_ADMINISTRATOR = "security-administrator"
    AUDIT_ADMINISTRATOR = "audit-administrator"


LABELS: Final[dict[Role, tuple[str, str]]] = {
    Role.CENTRE_STAFF: ("中心工作人员", "centre staff"),
    Role.INITIATOR: ("项目发起方（代理机构、招标人、采购人）", "initiator (agency, tenderee, purchaser)"),
    Role.SUPERVISOR: ("行政监督部门", "supervisor"),
    Role.KEY_HOLDER: ("密钥保管方", "key holder"),
    Role.EXPERT: ("评标专家、评审专家", "expert"),
    Role.AUDITOR: ("审计、纪检、社会监督员", "auditor"),
    Role.POOL_MANAGER: ("专家库管理人员", "pool manager"),
    Role.FINANCE: ("财务（付款方、中心）", "finance (payer's and centre's)"),
    Role.COMPETENT_DEPARTMENT: ("综合管理部门（公管办、财政局）", "competent department"),
    Role.SYSTEM_ADMINISTRATOR: ("系统管理员", "system administrator"),
    Role.SECURITY_ADMINISTRATOR: ("安全管理员", "security administrator"),
    Role.AUDIT_ADMINISTRATOR: ("审计管理员", "audit administrator"),
}
"""Each role's name in Chinese and English."""

ADMINISTRATORS: Final = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
