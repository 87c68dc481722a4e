"""How keys stand that one institution registers and another approves, in words and colours."""

from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """How a set of keys stands."""

    UNPROVED = "unproved"
    PROVED = "proved"
    SETTLING = "settling"
    IN_FORCE = "in-force"
    RETIRED = "retired"


STANDINGS: Final = {
    Standing.UNPROVED: ("等待程序证明", "waits for its agent", "amber"),
    Standing.PROVED: ("等待监督部门批准", "waits for the supervisor", "amber"),
    Standing.SETTLING: ("已批准，沉淀中", "approved, settling", "amber"),
    Standing.IN_FORCE: ("有效", "in force", "green"),
    Standing.RETIRED: ("已停用", "retired", ""),
}
