"""What is wrong with a sheet, its mapping or one of its rows."""

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable


class SheetUnreadable(Invalid):
    code = "experts.sheet-unreadable"
    zh = "不是可读的 .xlsx、.xls 或 .csv 文件，或已加密、损坏。请在表格软件中另存后重试。"
    en = "This is no readable .xlsx, .xls or .csv file, or it is encrypted or damaged. Save it anew and try again."


class SheetEncodingUnknown(Invalid):
    code = "experts.sheet-encoding-unknown"
    zh = "CSV 文件既不是 UTF-8 也不是 GBK/GB18030 编码。请另存为“CSV UTF-8”后重试。"
    en = "The CSV file is neither UTF-8 nor GBK/GB18030. Save it as “CSV UTF-8” and try again."


class SheetTooLarge(Invalid):
    code = "experts.sheet-too-large"
    zh = "表格过大：最多 {rows} 行、{columns} 列、{mib} MiB。请分成几份。"
    en = "The sheet is too large: at most {rows} rows, {columns} columns, {mib} MiB. Split it."
    rows: int
    columns: int
    mib: int


class SheetEmpty(Invalid):
    code = "experts.sheet-empty"
    zh = "表格第一行应为列名，其下至少一行数据。请补充。"
    en = "The first row holds the columns' titles, and at least one row of data follows. Add them."


class ColumnMissing(Invalid):
    code = "experts.column-missing"
    zh = "表格中没有列“{title}”。请改正列名，或在列对照中改正。"
    en = "The sheet has no column “{title}”. Correct the title or the mapping."
    title: str


class ColumnTwice(Invalid):
    code = "experts.column-twice"
    zh = "列“{title}”与另一列重复，或对应同一字段。请只保留一列。"
    en = "Column “{title}” stands twice or means the same field as another one. Keep one of them."
    title: str


class MappingInvalid(Invalid):
    code = "experts.mapping-invalid"
    zh = "列对照或别名文件有误：{zh_reason}"
    en = "The mapping or alias file is wrong: {en_reason}"
    zh_reason: str
    en_reason: str


class AliasesNeedNames(Invalid):
    code = "experts.aliases-need-names"
    zh = '别名文件只用于按名称识别单位的名册（列对照中 employers = "name"）。其他专家库请登记别名并经他人核准。'
    en = (
        'An alias file is for rosters that tell employers by name (employers = "name" in the mapping). '
        "In other pools register the alias and have somebody else approve it."
    )


class CellIsNumber(Invalid):
    code = "experts.cell-is-number"
    zh = "该单元格是数字格式，15 位以后已失真。请将该列设为文本格式后重新填写。"
    en = "This cell is a number and has lost what follows 15 digits. Format the column as text and enter it again."


class DayInvalid(Invalid):
    code = "experts.day-invalid"
    zh = "不是日历上的日期。请写作 2026-11-21。"
    en = "This is no day in the calendar. Write it as 2026-11-21."


class WordUnknown(Invalid):
    code = "experts.word-unknown"
    zh = "不是可用的值。可用：{words}。"
    en = "This is not a value. Known: {words}."
    words: str


class NotNone(Invalid):
    code = "experts.not-none"
    zh = "表格中此项只能填“无”或留空（留空按未知处理）；有内容的请在导入后逐项登记。"
    en = "In a sheet this is “none” or empty, which counts as unknown. Record what there is after the import."


class EmployerBlank(Invalid):
    code = "experts.employer-blank"
    zh = "未填写工作单位，无法判断回避，不予导入。请填写单位名称和统一社会信用代码。"
    en = "No employer is named, so recusal cannot be decided: not imported. Give the employer's name and credit code."


class TwiceInSheet(Conflict):
    code = "experts.twice-in-sheet"
    zh = "与第 {row} 行重复。请只保留一行。"
    en = "This is in row {row} already. Keep one of them."
    row: int


class AlreadyInPool(Conflict):
    code = "experts.already-in-pool"
    zh = "已在本专家库登记。请删去此行，需要修改的请在已有记录上修改。"
    en = "This is in the pool already. Delete the row, and change the existing record if need be."


class ImportUnknown(NotFound):
    code = "experts.import-unknown"
    zh = "没有这次导入：可能已经放弃或过期清除，或者不在您可管理的中心。请重新上传表格。"
    en = "There is no such import: it was given up, has expired, or is of another centre. Send the sheet again."


class ImportInHand(Conflict):
    code = "experts.import-in-hand"
    zh = "这次导入正在检查或写入，或已经完成，现在不能这样办理。请刷新页面查看进度。"
    en = "This import is being checked or written, or is done. Reload the page to see how far it is."


class NothingToImport(Conflict):
    code = "experts.nothing-to-import"
    zh = "有行被拒：请改正后重新上传，或勾选“只导入无误的行”。"
    en = "Rows were refused: correct the sheet and send it again, or choose to import only the rows that are right."


class ImportFailed(Unavailable):
    code = "experts.import-failed"
    zh = "导入多次中断，没有写入任何内容。请重新上传；如再次发生，请联系系统管理员。"
    en = "The import broke off several times and nothing was written. Send the sheet again, or tell an administrator."
