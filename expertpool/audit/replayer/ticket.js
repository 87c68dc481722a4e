// "My ticket": what every attempt and every vacancy gave one row of the table.
"use strict";
(() => {
  const { both, el, hex, compare, ticketMaker } = replayer;

  /** The row that somebody asks for, by leaf (8 hex digits or more) or by its number; null if there is none. */
  function findRow(table, text) {
    const asked = text.trim().toLowerCase();
    if (/^[0-9a-f]{8,64}$/.test(asked)) {
      for (let row = 0; row < table.size; row++) if (hex(table.leaf(row)).startsWith(asked)) return row;
    }
    return /^[1-9]\d{0,6}$/.test(asked) && Number(asked) <= table.size ? Number(asked) - 1 : null;
  }

  /** Where a row's ticket stands among those that could be drawn in one attempt, from 1. */
  function standing(state, seed, attempt, line, eligible, row) {
    const ticket = ticketMaker(seed, attempt, line);
    const [mine, other] = [new Uint8Array(32), new Uint8Array(32)];
    ticket(state.table.leaf(row), mine);
    let place = 1;
    for (const each of eligible) {
      ticket(state.table.leaf(each), other);
      const order = compare(other, mine);
      if (order < 0 || (order === 0 && each < row)) place++;
    }
    return { place, ticket: hex(mine.subarray(0, 6)) };
  }

  /** One line of the table of tickets for each search in which the row could be drawn. */
  function searches(state, row) {
    const lines = [];
    const add = (words, seed, { made, accepted, eligible }, seats) => seats.forEach((count, line) => {
      if (count === 0 || !eligible[line].includes(row)) return;
      for (let attempt = 0; attempt < made; attempt++) {
        const { place, ticket } = standing(state, seed, attempt, line, eligible[line], row);
        const last = accepted && attempt === made - 1;
        lines.push({ words, attempt, line, place, ticket, of: eligible[line].length, count, last });
      }
    });
    add(["抽取", "panel"], state.seeds.panel, state.found, state.intent.seats);
    for (const { vacancy, seat, found } of state.refills ?? []) {
      const { line } = state.seats.get(seat);
      add([`补抽 ${vacancy}`, `vacancy ${vacancy}`], state.seeds.vacancy(vacancy), found,
        state.intent.seats.map((_, each) => Number(each === line)));
    }
    return lines;
  }

  function outcome({ place, count, last }) {
    if (place > count) return both("未入", "not drawn");
    return last ? el("b", { class: "good" }, both("入席", "seated")) : both("本轮作废", "attempt dropped");
  }

  function answer(state, row) {
    if (row === null) return el("p", { class: "warn" }, both("名单上没有这一行。", "There is no such row."));
    const mask = state.table.lines(row);
    const head = el("p", {}, both(`名单第 ${row + 1} 行（${hex(state.table.leaf(row).subarray(0, 6))}…）：`,
      `Row ${row + 1} of the list (${hex(state.table.leaf(row).subarray(0, 6))}…): `));
    if (mask === 0) {
      head.append(both("按规则排除，没有签。原因不在公开包里，可向中心查询本人的认定。",
        "excluded by rule, so it had no ticket. Why is not in a public bundle; ask the centre for your own decision."));
      return head;
    }
    const found = searches(state, row);
    const columns = [["哪一次", "draw"], ["轮", "attempt"], ["类", "line"], ["结果", "result"], ["名次", "place"], ["签号", "ticket"]];
    head.append(both(`可以抽取，共 ${found.length} 张签；名次在前几名之内才入席。`,
      `may be drawn, with ${found.length} tickets; only the first few places sit.`));
    const titles = columns.map((column) => el("th", { scope: "col" }, both(...column)));
    const rows = found.map((each) => el("tr", {},
      el("td", {}, both(...each.words)), el("td", {}, String(each.attempt + 1)),
      el("td", {}, String(each.line + 1)), el("td", {}, outcome(each)),
      el("td", {}, both(`${each.of} 中第 ${each.place}，取 ${each.count}`, `${each.place} of ${each.of}, ${each.count} sit`)),
      el("td", {}, el("code", {}, each.ticket))));
    return el("div", {}, head, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "mine" },
      el("table", {}, el("thead", {}, el("tr", {}, ...titles)), el("tbody", {}, ...rows))));
  }

  /** The form in which an expert finds the own ticket. */
  function myTicket(state) {
    const input = el("input", { id: "leaf", type: "text", autocomplete: "off", spellcheck: "false", inputmode: "text" });
    const shown = el("div", { id: "ticket", "aria-live": "polite" });
    const form = el("form", { class: "ask" },
      el("label", { for: "leaf" }, both("您那一行的叶值（至少前 8 位）或行号",
        "Your row’s leaf (its first 8 digits or more), or its number")),
      el("div", { class: "ask-row" }, input, el("button", { type: "submit" }, both("查找", "Find"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      shown.replaceChildren(answer(state, findRow(state.table, input.value)));
    });
    return el("section", { class: "card", "aria-labelledby": "mine" },
      el("h2", { id: "mine" }, both("我的签", "My ticket")),
      el("p", {}, both("任何一位专家都可以看到自己那一行在每一轮的签号和名次。",
        "Every expert can see the ticket and place of the own row in each attempt.")),
      form, shown);
  }

  Object.assign(replayer, { myTicket });
})();
