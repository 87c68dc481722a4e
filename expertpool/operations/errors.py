"""What is refused of operators' acts."""

from expertpool.core.errors import Conflict


class NotGivenUp(Conflict):
    code = "operations.not-given-up"
    zh = "该任务已完成或仍在自动重试，不需要人工重排。请刷新页面。"
    en = "This job is done, or is still tried again by itself. Reload the page."
