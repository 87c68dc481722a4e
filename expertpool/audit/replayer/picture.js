// What happened, drawn so that nobody needs to read code: from the pool to the seats.
"use strict";
(() => {
  const { both, el, svg, hex, ticketMaker, lowest, TITLES } = replayer;
  const MOST_DOTS = 600;

  /** A part of the story: heading, one sentence, and whatever is drawn. */
  function part(title, sentence, ...drawn) {
    return el("li", { class: "part" },
      el("span", { class: "part-number", "aria-hidden": "true" }),
      el("div", { class: "part-body" }, el("h3", {}, both(...title)), el("p", {}, both(...sentence)), ...drawn));
  }

  /** One dot a row of the table: excluded, eligible, seated. */
  function pool(state, holds) {
    const { table, intent } = state;
    const taken = new Set(holds("vacancies") ? state.refills.map((each) => each.from) : []);
    const seated = new Set(holds("panel") ? [...state.seats.values()].map((seat) => seat.row) : []);
    let eligible = 0;
    for (let row = 0; row < table.size; row++) eligible += Number(table.lines(row) > 0);
    const counts = intent.seats.map((_, line) => {
      let count = 0;
      for (let row = 0; row < table.size; row++) count += (table.lines(row) >>> line) & 1;
      return count;
    });
    const drawn = table.size > MOST_DOTS ? bar(eligible, table.size) : dots(table, seated, taken);
    const perLine = counts.map((count, line) => [
      `第 ${line + 1} 类可抽 ${count} 人，抽 ${intent.seats[line]} 席`,
      `Line ${line + 1}: ${count} may be drawn for ${intent.seats[line]} seats`,
    ]);
    return part(["候选名单，事先封存", "The candidates, committed beforehand"], [
      `名单上共有 ${table.size} 人：${eligible} 人可以抽取，${table.size - eligible} 人按规则排除` +
        `（公开包不说是谁、为什么）。${perLine.map(([zh]) => zh).join("；")}。`,
      `${table.size} people are on the list: ${eligible} may be drawn, ${table.size - eligible} are excluded by rule ` +
        `(a public bundle does not say who or why). ${perLine.map(([, en]) => en).join(". ")}.`,
    ], drawn, legend(["eligible", "可抽取", "may be drawn"], ["excluded", "已排除", "excluded"],
      seated.size ? ["seated", "入席", "seated"] : null,
      taken.size ? ["left", "曾入席，后空出", "seated, then vacated"] : null));
  }

  function dots(table, seated, taken) {
    const kind = (row) => {
      if (seated.has(row)) return "seated";
      if (taken.has(row)) return "left";
      return table.lines(row) ? "eligible" : "excluded";
    };
    const each = Array.from({ length: table.size }, (_, row) => el("i", { class: `dot ${kind(row)}` }));
    return el("div", { class: "dots", "aria-hidden": "true" }, ...each);
  }

  function bar(eligible, all) {
    const width = (640 * eligible) / Math.max(all, 1);
    return svg("svg", { class: "bar", viewBox: "0 0 640 22", "aria-hidden": "true", preserveAspectRatio: "none" },
      svg("rect", { class: "bar-all", width: 640, height: 22, rx: 4 }),
      svg("rect", { class: "bar-some", width, height: 22, rx: 4 }));
  }

  const legend = (...items) => el("ul", { class: "legend" }, ...items.filter(Boolean).map(([kind, zh, en]) =>
    el("li", {}, el("i", { class: `dot ${kind}`, "aria-hidden": "true" }), both(zh, en))));

  /** Whose numbers made the seed. */
  function contributions(state) {
    const place = (outside) => (outside ? both("中心以外的机构", "outside the centre") : both("本中心一方", "the centre’s side"));
    const cards = state.outputs.map(([organisation, beta]) => el("li", { class: "source" },
      el("b", {}, organisation),
      el("small", {}, place(state.holders.get(organisation).outside === true), " · ",
        state.holders.get(organisation).organisation),
      el("code", {}, `${hex(beta.subarray(0, 8))}…`),
      el("small", { class: "good" }, both("VRF 验证通过：只有这一个可能的值", "proof verifies: no other value was possible"))));
    if (state.beacon) {
      cards.push(el("li", { class: "source" }, el("b", {}, `drand ${state.beacon.name}`),
        el("small", {}, both(`公共信标第 ${state.beacon.round} 轮`, `public beacon, round ${state.beacon.round}`)),
        el("code", {}, `${hex(state.beacon.randomness.subarray(0, 8))}…`)));
    }
    const seed = state.seeds ? el("p", { class: "seed" }, both("种子 ", "seed "),
      el("code", {}, `${hex(state.seeds.panel.subarray(0, 12))}…`)) : "";
    return part(["各方各出一个数", "Each institution gives a number"], [
      "每个数都先锁定、后揭示，并由登记的密钥唯一决定：可以不给，不能挑选。合在一起才有种子，任何一方都无法单独左右。",
      "Each number is locked before it is shown and fixed by a registered key: it can be withheld, not chosen. " +
        "Only together they make the seed.",
    ], el("ul", { class: "sources" }, ...cards), seed);
  }

  /** The tickets around the cut-off of one line: the lowest ones sit. */
  async function strip(state, line) {
    const seats = state.intent.seats[line];
    const rows = state.found.eligible[line];
    const attempt = state.found.made - 1;
    const ticket = ticketMaker(state.seeds.panel, attempt, line);
    const shown = await lowest(state.table, rows, Math.min(rows.length, 3 * seats + 3), ticket, async () => {});
    const value = (each) => parseInt(hex(each.ticket.subarray(0, 6)), 16) / 2 ** 48;
    const last = value(shown.at(-1));
    const at = (x) => 14 + (612 * x) / (last || 1);
    const next = shown[seats];
    const cut = next ? at((value(shown[seats - 1]) + value(next)) / 2) : 632;
    return el("figure", { class: "strip" },
      el("figcaption", {}, both(`第 ${line + 1} 类：${rows.length} 张签，最小的 ${seats} 张入席`,
        `Line ${line + 1}: ${rows.length} tickets, the lowest ${seats} sit`)),
      svg("svg", { viewBox: "0 0 640 76", "aria-hidden": "true" },
        svg("rect", { class: "strip-in", x: 0, y: 8, width: cut, height: 52, rx: 6 }),
        svg("line", { class: "strip-axis", x1: 0, x2: 640, y1: 34, y2: 34 }),
        ...shown.map((each, place) => {
          const sits = place < seats;
          return svg("circle", { class: sits ? "in" : "out", cx: at(value(each)), cy: 34, r: sits ? 11 : 7 });
        }),
        svg("line", { class: "strip-cut", x1: cut, x2: cut, y1: 2, y2: 66 })),
      el("p", { class: "note" }, next
        ? both(`红点入席；竖线是分界，右边还有 ${rows.length - shown.length} 张更大的签没有画出。`,
          `Red sits; the line is the cut-off. ${rows.length - shown.length} higher tickets lie further right.`)
        : both("红点入席；所有可抽的人都入席。", "Red sits; everyone who may be drawn does.")));
  }

  async function tickets(state) {
    const { made, accepted } = state.found;
    const drawn = [];
    for (let line = 0; accepted && line < state.intent.seats.length; line++) {
      if (state.intent.seats[line] > 0) drawn.push(await strip(state, line));
    }
    const before = accepted ? made - 1 : made;
    const cap = state.intent.constraints.find((each) => each.kind === 1)?.cap;
    const why = cap === undefined ? ["（一人不占两席）", " (nobody twice)"]
      : [`（一人不占两席，同一单位至多 ${cap} 人）`, ` (nobody twice, at most ${cap} of one employer)`];
    const dropped = before === 0 ? ["", ""] : [
      `前 ${before} 轮的组合不符合约束${why[0]}，整轮作废，`,
      `The first ${before} attempts broke a constraint${why[1]} and were dropped whole. `,
    ];
    return part(["每人一张签，最小的入席", "A ticket for everyone, the lowest sit"], accepted ? [
      `签号由种子和名单上的行算出，谁也改不了。${dropped[0]}第 ${made} 轮成立。`,
      `A ticket follows from the seed and the row; nobody can change it. ${dropped[1]}Attempt ${made} holds.`,
    ] : [`重抽 ${made} 轮，没有一轮符合全部约束。`, `None of ${made} attempts meets every constraint.`], ...drawn);
  }

  function seats(state) {
    const chips = [...state.seats.values()].sort((a, b) => (a.code < b.code ? -1 : 1)).map((seat) =>
      el("li", { class: seat.row === null || seat.lost ? "chip empty" : "chip" }, el("code", {}, seat.code),
        el("small", {}, seat.row === null || seat.lost ? both("空缺", "empty")
          : both(`第 ${seat.line + 1} 类 · 第 ${seat.row + 1} 行`, `line ${seat.line + 1} · row ${seat.row + 1}`))));
    return part(["席位", "The seats"], [
      "席位号也由种子算出，与姓名无关。下面是最后各席上的人在名单中的行号；姓名不在公开包里。",
      "Seat codes follow from the seed and say nothing of names. Shown is the row of the list on each seat at the end; " +
        "names are not in a public bundle.",
    ], el("ul", { class: "chips" }, ...chips));
  }

  function vacancies(state) {
    const answered = new Set(state.openings.answers.map((each) => each.vacancy));
    const own = () => el("small", { class: "good" }, both("有本人的应答码为证", "shown by the expert’s own answer code"));
    const lines = state.refills.map(({ vacancy, seat, from, to }) => el("li", {},
      el("b", {}, `${vacancy}`), el("code", {}, seat),
      el("span", {}, both(`第 ${from + 1} 行 → `, `row ${from + 1} → `),
        to === null ? both("无人可补", "nobody left") : both(`第 ${to + 1} 行`, `row ${to + 1}`)),
      answered.has(vacancy) ? own() : null));
    const struck = state.struckRows ? [
      `开标后公开的投标人名单使 ${state.struckRows.size} 行须回避。`,
      `The list of bidders, opened later, struck ${state.struckRows.size} rows. `,
    ] : ["", ""];
    return part(["补抽", "Vacancies"], state.refills.length ? [
      `${struck[0]}空出的席位各用自己的种子从同一名单补抽：什么时候补、由谁补，都不影响抽到谁。`,
      `${struck[1]}Each vacant seat is drawn from the same list with a seed of its own: when or by whom makes no difference.`,
    ] : [`${struck[0]}没有席位空出。`, `${struck[1]}No seat fell vacant.`],
    lines.length ? el("ol", { class: "refills" }, ...lines) : "");
  }

  function ledger(state) {
    const tick = () => el("span", { class: "good", "aria-hidden": "true" }, "✓ ");
    const names = (state.cosigners ?? []).map((name) => el("li", { class: "chip" }, tick(), name));
    const vouch = names.length
      ? ["在您信任的人中，为它作证的有：", "Of those whom you trust, these vouch for it:"]
      : ["没有您信任的人为它作证。", "Nobody whom you trust vouches for it."];
    return part(["写在账本里，有人共签", "In the ledger, cosigned"], [
      `证明包里的 ${state.entries.length} 个条目都在 ${state.note.size} 条的账本中。${vouch[0]}`,
      `All ${state.entries.length} entries of the bundle are in the log of ${state.note.size}. ${vouch[1]}`,
    ], el("ul", { class: "chips" }, ...names));
  }

  /** Where the story breaks off. */
  const broken = ({ name, zh, en }) => {
    const [title, english] = TITLES[name];
    const end = part([`到这里对不上：${title}`, `Here it does not agree: ${english}`], [zh, en]);
    end.classList.add("broken");
    return end;
  };

  /** The parts of the story for which the steps held, and where it breaks off. */
  async function picture({ steps, state }) {
    const holds = (name) => steps.some((step) => step.name === name && step.outcome === "ok");
    const parts = [];
    if (holds("table")) parts.push(pool(state, holds));
    if (holds("contributions")) parts.push(contributions(state));
    if (holds("panel")) parts.push(await tickets(state));
    if (holds("panel") && state.seats.size > 0) parts.push(seats(state));
    if (holds("vacancies")) parts.push(vacancies(state));
    const differing = steps.find((step) => step.outcome === "differs");
    if (differing) parts.push(broken(differing));
    else if (holds("entries")) parts.push(ledger(state));
    return parts.length > 1 ? el("ol", { class: "story" }, ...parts) : null;
  }

  Object.assign(replayer, { picture });
})();
