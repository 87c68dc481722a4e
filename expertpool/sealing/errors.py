"""What the registry of key holders and their mailbox refuse."""

from expertpool.core.errors import Conflict, Forbidden, Invalid, NotFound


class RegistrationInvalid(Invalid):
    code = "sealing.registration-invalid"
    zh = "登记文件无效：{reason_zh}"
    en = "The registration file is not valid: {reason_en}"
    reason_zh: str
    reason_en: str


class OrganisationInvalid(Invalid):
    code = "sealing.organisation-invalid"
    zh = "登记文件中的统一社会信用代码校验不通过，请核对后由密钥保管方重新生成。"
    en = "The credit code in the registration fails its check digit; have the agent write it again with the right one."


class HolderInForce(Conflict):
    code = "sealing.holder-in-force"
    zh = "该单位已有未停用的密钥；更换请由其程序生成后继密钥的登记文件（custodian rotate），或先停用原有的。"
    en = (
        "This organisation has keys that are not retired; to change them, have its agent write the registration of "
        "their successors (custodian rotate), or retire those first."
    )


class ChangeUnfinished(Conflict):
    code = "sealing.change-unfinished"
    zh = "该单位上一次更换密钥尚未完成：请先批准或停用后继密钥，或在旧密钥不再需要时将其停用。"
    en = (
        "This organisation's last change of keys is not finished: approve or retire the successors, or retire the "
        "former keys when nothing needs them any more."
    )


class SuccessionDiffers(Conflict):
    code = "sealing.succession-differs"
    zh = "后继密钥须登记在同一中心，“是否在中心之外”也须与原有的相同。"
    en = "Successors are registered at the same centre as the former keys, and as much outside it as they were."


class KeyUsedBefore(Conflict):
    code = "sealing.key-used-before"
    zh = "登记文件中有已登记过的密钥；每次登记都应生成全新的密钥。"
    en = "A key of this registration was registered before; every registration needs four fresh keys."


class HolderNotPending(Conflict):
    code = "sealing.holder-not-pending"
    zh = "该密钥保管方已批准或已停用。"
    en = "This key holder was approved or retired already."


class ShareNotProved(Conflict):
    code = "sealing.share-not-proved"
    zh = "该密钥保管方尚未证明持有其分享密钥；请待其程序运行并应答后再批准。"
    en = "This holder has not proved that it holds its share key; approve it when its agent has run and answered."


class HolderRetiredAlready(Conflict):
    code = "sealing.holder-retired"
    zh = "该密钥保管方已停用。"
    en = "This key holder was retired already."


class NoVaultKey(Conflict):
    code = "sealing.no-vault-key"
    zh = "尚未登记保密库公钥，无法向密钥保管方发送任务；请先登记。"
    en = "No vault key is registered, so nothing can be asked of key holders; register it first."


class VaultKeyInvalid(Conflict):
    code = "sealing.vault-key-invalid"
    zh = "这不是可用的 X25519 公钥。"
    en = "This is no usable X25519 public key."


class VaultKeyKnown(Conflict):
    code = "sealing.vault-key-known"
    zh = "该公钥正在使用，无需再次登记。"
    en = "This key is the one in use."


class AgentUnknown(Forbidden):
    code = "sealing.agent-unknown"
    zh = "请求的签名无效，或者签名时间与本中心时钟相差超过 {seconds} 秒，或者该密钥保管方未登记或已停用。"
    en = (
        "The request's signature is not valid, its time is more than {seconds} s from this centre's clock, or the key "
        "holder is not registered or was retired."
    )
    seconds: int


class TaskUnknown(NotFound):
    code = "sealing.task-unknown"
    zh = "没有发给该密钥保管方的这项任务。"
    en = "There is no such task for this key holder."


class TaskExpired(Conflict):
    code = "sealing.task-expired"
    zh = "该任务已过期，不再接受应答。"
    en = "This task has expired and takes no answer any more."


class AnswerMisshapen(Invalid):
    code = "sealing.answer-misshapen"
    zh = "密封的应答长度应为 {octets} 字节。"
    en = "A sealed answer has {octets} bytes."
    octets: int


class NoPolicy(Conflict):
    code = "sealing.no-witness-policy"
    zh = "本中心没有共签方规则，不接受共签。"
    en = "This centre has no witness policy and takes no cosignatures."


class CosignatureRefused(Invalid):
    code = "sealing.cosignature-refused"
    zh = "没有接受共签：检查点不是本账本的，或其中没有该密钥保管方的有效共签，或共签方规则未列出其密钥。"
    en = (
        "The cosignature was not taken: the checkpoint is not one of this log, it has no valid cosignature by this key "
        "holder, or the witness policy does not name its key."
    )


class PossessionUnproved(Forbidden):
    code = "sealing.possession-unproved"
    zh = "未能证明持有该密钥：请用私钥按规范签署登记内容。"
    en = "Possession of the key is not proved: sign the registration with it, as the specification says."


class SupervisorKeyTaken(Conflict):
    code = "sealing.supervisor-key-taken"
    zh = "该公钥已登记过；每次更换都应生成新的密钥。"
    en = "This public key was registered before; make a new one for every change."


class SupervisorKeyNotPending(Conflict):
    code = "sealing.supervisor-key-not-pending"
    zh = "该密钥已批准或已停用。"
    en = "This key was approved or ended already."


class SupervisorKeyEnded(Conflict):
    code = "sealing.supervisor-key-ended"
    zh = "该密钥已停用。"
    en = "This key was ended already."


class RecipientKeyInvalid(Invalid):
    code = "sealing.recipient-key-invalid"
    zh = "这不是可用的 X25519 公钥；请由接收方用 expertpool names key 生成。"
    en = "This is no usable X25519 public key; have the recipient make one with expertpool names key."


class RecipientKeyTaken(Conflict):
    code = "sealing.recipient-key-taken"
    zh = "该公钥已登记过；每个接收方、每次更换都应生成新的密钥。"
    en = "This public key was registered before; make a new one for every recipient and every change."


class RecipientNotPending(Conflict):
    code = "sealing.recipient-not-pending"
    zh = "该接收密钥已批准或已停用。"
    en = "This recipient's key was approved or retired already."


class RecipientRetiredAlready(Conflict):
    code = "sealing.recipient-retired"
    zh = "该接收密钥已停用。"
    en = "This recipient's key was retired already."


class RecipientUnusable(Invalid):
    code = "sealing.recipient-unusable"
    zh = "没有这一接收密钥，或者它不属于该次抽取的中心、未经批准、批准未满 {hours} 小时或已停用。"
    en = (
        "There is no such recipient's key, or it is not of the draw's centre, not approved, approved for less than "
        "{hours} h, or retired."
    )
    hours: int


class OpeningInvalid(Invalid):
    code = "sealing.opening-invalid"
    zh = "没有接受：不是该密钥保管方按规范签署的离线开启声明。"
    en = "Not taken: this is no statement of an opening without the centre as this key holder would sign it."
