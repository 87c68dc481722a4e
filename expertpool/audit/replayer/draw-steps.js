// The steps of a replay that compute the draw again: docs/spec/bundle.md, section 4, `table` to `lots`.
"use strict";
(() => {
  const { must, utf8, hex, fromHex, join, lp, equal, hmac, tagged, treeRoot, ascends, forms } = replayer;
  const { ROW, readTable, groupsCommitment, deriveSeeds, search, vrfOutput, CHAINS, beaconOutput } = replayer;

  /** There is nothing to check. */
  class NotChecked extends Error {
    constructor(zh, en) {
      super(en);
      Object.assign(this, { zh, en });
    }
  }

  function table(state) {
    const data = state.tableData;
    const rows = readTable(data);
    const lines = state.intent.seats.length;
    for (let row = 0; row < rows.size; row++) {
      must(lines === 32 || rows.lines(row) < 2 ** lines, "候选名单里有意向之外的席位类别。",
        "The table has a line beyond the intent's.");
    }
    must(hex(treeRoot(data, ROW)) === state.intent.table, "候选名单与意向所固定的不一致。",
      "The table is not the one that the intent fixed.");
    state.table = rows;
    return [`候选名单共 ${rows.size} 行，与意向所固定的一致。`, `The table of ${rows.size} rows is the one that the intent fixed.`];
  }

  function contributions(state) {
    const opened = state.openings.contributions;
    const names = (list) => list.map((each) => each.organisation).join("\n");
    must(names(opened) === names(state.contributed),
      "公开的贡献不是应计的那些。", "The contributions opened are not those that count.");
    state.outputs = state.contributed.map(({ organisation, vrf, entry }, at) => {
      const proof = fromHex(opened[at].pi);
      must(hex(tagged("contribution", state.alpha, lp(utf8(organisation)), proof)) === entry.body.digest,
        `${organisation} 的贡献不是事先封存的那一份。`, `The contribution of ${organisation} is not the one logged.`);
      const output = vrfOutput(fromHex(vrf), state.alpha, proof);
      must(output !== null, `${organisation} 的贡献没有通过 VRF 验证。`, `The proof of ${organisation} does not verify.`);
      return [organisation, output];
    });
    return [`${state.outputs.length} 份贡献都由登记的密钥为这次意向算出，与事先封存的一致；谁也不能另选一份。`,
      `All ${state.outputs.length} contributions were made for this intent with the registered keys and are those ` +
        "that were logged; nobody could choose another."];
  }

  function beacon(state) {
    const [declared, opened] = [state.intent.beacon, state.openings.beacon];
    if (declared === null) {
      must(opened === null, "意向没有用信标，却公开了一个。", "A beacon is opened, though the intent names none.");
      throw new NotChecked("这次意向没有使用公共信标。", "This intent uses no public beacon.");
    }
    const chain = Object.hasOwn(CHAINS, declared.chain) ? CHAINS[declared.chain] : null;
    must(chain && opened, "意向所说的信标轮次没有公开，或其链不为人知。", "The round is not opened, or its chain is not known.");
    const due = BigInt(chain.genesis + (declared.round - 1) * chain.period) * 1_000_000n;
    const last = state.contributed.map((each) => each.entry.moment).reduce((a, b) => (a > b ? a : b));
    must(last < due && due <= state.result.moment, "信标轮次不在最后一份贡献与结果之间产生。",
      "The round did not fall due between the last contribution and the result.");
    const previous = opened.previous === null ? null : fromHex(opened.previous);
    const randomness = beaconOutput(chain, declared.round, fromHex(opened.signature), previous);
    must(randomness !== null, "信标轮次的签名无效。", "The round's signature does not verify.");
    state.beacon = { chain: fromHex(declared.chain), round: declared.round, randomness, name: chain.name };
    return [`drand（${chain.name}）第 ${declared.round} 轮有效，在各方贡献之后才产生。`,
      `Round ${declared.round} of drand (${chain.name}) verifies, and fell due only after the contributions.`];
  }

  function seed(state) {
    state.seeds = deriveSeeds(state.alpha, state.outputs, state.beacon);
    must(hex(tagged("seed", state.seeds.panel)) === state.result.body.seed, "重新算出的种子与结果所记不一致。",
      "The seed, computed again, is not that of the result.");
    return ["由各方贡献重新算出种子，与结果所记一致。", "The seed, computed again from the contributions, is that of the result."];
  }

  // -- panel

  /** What gives the tokens of a row that was selected; every opening must fit its row. */
  function tokenReader(state) {
    const { groups } = state.openings;
    must(ascends(groups.map((each) => each.leaf)), "公开的分组标记次序不对。", "Tokens are opened out of order.");
    const opened = new Map(groups.map((each) => [state.table.find(fromHex(each.leaf)), each]));
    for (const [row, each] of opened) {
      must(row !== undefined && equal(groupsCommitment(each), state.table.groups(row)), "公开的分组标记与候选名单不符。",
        "Tokens do not open a row's commitment.");
    }
    state.selected = new Set();
    return (row) => {
      state.selected.add(row);
      must(opened.has(row), "被选中的一行没有公开其分组标记。", "A row that was selected has no tokens opened.");
      return opened.get(row).tokens;
    };
  }

  /** No row is opened that no attempt selected. */
  function checkNoOther(state) {
    must(state.openings.groups.length === state.selected.size, "公开了没有被选中的行。",
      "Rows are opened that no attempt selected.");
  }

  /** The retained members, who are those of the intent and members of the first draw. */
  function checkRetained(state) {
    const { intent, openings } = state;
    const retained = openings.retained.map((each) =>
      hex(tagged("retained", fromHex(each.member), groupsCommitment(each))));
    must(retained.join() === intent.retained.join(), "公开的保留成员不是意向所说的。",
      "The retained members opened are not those of the intent.");
    const seated = new Map();
    for (const { kind, body, index } of intent.retained.length ? state.entries : []) {
      if (body.intent !== intent.first || index > state.intentEntry.index) continue;
      const seats = kind === "draw.completed" ? body.seats : [body];
      must((kind === "draw.completed" ? forms.SEATS : Array.isArray)(seats), "先前的结果不合规范。",
        "The result of the first draw is not well-formed.");
      for (const each of seats) seated.set(each.seat, each.member);
    }
    const members = [...seated.values()];
    must(openings.retained.every((each) => members.includes(each.member)), "有保留成员不在先前抽取的席位上。",
      "A retained member does not sit by the result of the first draw.");
  }

  /** Make a search again whose end is logged: no more attempts than the entry says, however many the intent allows. */
  async function redone(state, { kind, index, body }, more, pause) {
    const { constraints, max_attempts: most } = state.intent;
    const found = await search({
      table: state.table, constraints, most: Math.min(most, Math.max(Number(body.attempts), 1)),
      tokens: state.tokens, beside: state.openings.retained.map((each) => each.tokens),
      struck: new Set(), seated: new Set(), ...more,
    }, pause);
    const drawn = kind === "draw.completed" || kind === "draw.refilled";
    must(found.made === body.attempts && found.accepted === drawn && (drawn || found.made === 0 || found.made === most),
      `重新抽取，轮数或结果与第 ${index} 条所记不同。`, `Drawn again, attempts or outcome are not those of entry ${index}.`);
    return found;
  }

  async function panel(state, pause) {
    const { intent, result } = state;
    state.tokens = tokenReader(state);
    checkRetained(state);
    const found = await redone(state, result, { seed: state.seeds.panel, seats: intent.seats }, pause);
    Object.assign(state, { found, seats: new Map() });
    if (found.accepted) seatMembers(state, found.last, result.body.seats);
    if (state.vacated.length === 0) checkNoOther(state);
    return found.accepted
      ? [`重新抽取，第 ${found.made} 轮得出同样的 ${state.seats.size} 席，逐席一致。`,
        `Drawn again, attempt ${found.made} gives the same ${state.seats.size} members, seat by seat.`]
      : [`重新抽取 ${found.made} 轮，没有一轮符合全部约束，与结果一致。`,
        `Drawn again, none of ${found.made} attempts meets every constraint, as the result says.`];
  }

  function seatMembers(state, attempt, shown) {
    const taken = attempt.flatMap((rows, line) => rows.map(({ row }) => ({ row, line })));
    const codes = state.seeds.seatCodes(taken.length);
    taken.forEach(({ row, line }, place) => {
      const member = hex(tagged("member", state.seeds.memberSalt(0, place), state.table.leaf(row)));
      state.seats.set(codes[place], { code: codes[place], row, line, member });
    });
    const wellFormed = forms.SEATS(shown) && ascends(shown.map((each) => each.seat));
    const differing = !wellFormed || shown.length !== taken.length || shown.some((each) => {
      const seat = state.seats.get(each.seat);
      return !seat || seat.line !== each.line || seat.member !== each.member;
    });
    must(!differing, "重新抽取得出的成员与结果不一致。", "Drawn again, the members are not those of the result.");
    for (const each of shown) state.seats.get(each.seat).answer = each.answer;
  }

  // -- the list of bidders

  function struck(state) {
    const opened = state.openings.struck;
    if (state.opening === null) {
      must(opened === undefined, "没有开启投标人名单，却公开了排除的行。", "Rows are struck, though no list was opened.");
      throw new NotChecked("抽取之后没有开启投标人名单。", "No list of bidders was opened after the draw.");
    }
    must(opened !== undefined, "没有公开被排除的行。", "The rows that were struck are not opened.");
    const rows = opened.leaves.map((leaf) => state.table.find(fromHex(leaf)));
    must(rows.every((row, at) => row !== undefined && state.table.lines(row) > 0 && (at === 0 || rows[at - 1] < row)),
      "公开的排除行不在候选名单上，或本来就不能抽取。", "A row struck is not on the table, or had no lines.");
    const digest = tagged("struck", fromHex(opened.salt), fromHex(opened.leaves.join("")));
    must(hex(digest) === state.opening.body.struck, "公开的排除行不是所封存的。", "The rows struck are not those committed to.");
    state.struckRows = new Set(rows);
    return [`开标时公开的投标人名单排除了 ${rows.length} 行，与封存的一致。`,
      `The list of bidders, opened later, struck ${rows.length} rows: those to which it commits.`];
  }

  // -- vacancies

  const SEAT_ACTS = ["draw.vacated", "draw.refilled", "draw.vacancy-exhausted", "draw.seat-lost"];

  async function vacancies(state, pause) {
    const { intent, vacated, opening, openings } = state;
    must(vacated.length <= intent.vacancies, "补抽次数超过上限。", "There are more vacancies than the cap.");
    must(ascends(openings.answers.map((each) => each.vacancy)) &&
      openings.answers.every((each) => each.vacancy <= vacated.length), "公开的应答码多余或次序不对。",
      "Answers are opened out of order, or of vacancies that there are not.");
    Object.assign(state, { refills: [], sat: new Set([...state.seats.values()].map((seat) => seat.row)) });
    checkSitting(state);
    let struckNow = new Set();
    for (let number = 1; number <= vacated.length + 1; number++) {
      if (opening?.body.vacancies === number - 1) {
        checkEmptied(state);
        struckNow = state.struckRows;
      }
      if (number <= vacated.length) await redraw(state, number, struckNow, pause);
    }
    checkNoOther(state);
    const own = openings.answers.length;
    return [`${vacated.length} 次补抽（上限 ${intent.vacancies}）逐一重新抽取，结果相同；其中 ${own} 次公开了专家本人的应答码。`,
      `${vacated.length} vacancies (at most ${intent.vacancies}), each drawn again with the same result; ` +
        `${own} of them with the expert's own answer code.`];
  }

  /** At the opening of the list each seat whose row is struck falls vacant, or is lost, in the entries that follow. */
  function checkEmptied(state) {
    const emptied = [...state.seats.values()].filter((seat) => state.struckRows.has(seat.row));
    const codes = emptied.map((seat) => seat.code).sort();
    codes.forEach((code, place) => {
      const entry = state.byIndex.get(state.opening.index + 1 + place);
      must(["draw.vacated", "draw.seat-lost"].includes(entry?.kind) && entry.body.seat === code,
        `席位 ${code} 的成员应当回避，却没有随名单的开启空出。`,
        `The member on seat ${code} is struck, and the seat did not fall vacant with the opening of the list.`);
    });
  }

  /** Seats fall vacant under somebody. One is lost only past the cap or behind an exhausted search, and ends them all. */
  function checkSitting(state) {
    const { intent, result, entries } = state;
    const sits = new Set(state.seats.keys());
    let [vacated, exhausted, lost] = [0, false, false];
    for (const { kind, index, body } of entries) {
      if (body.intent !== state.intentEntry.index || !SEAT_ACTS.includes(kind)) continue;
      const falls = kind === "draw.vacated" || kind === "draw.seat-lost";
      must(!falls || (index > result.index && sits.has(body.seat)), `第 ${index} 条所说的席位上当时并没有人。`,
        `Nobody sat on the seat of entry ${index}.`);
      must(kind !== "draw.seat-lost" || exhausted || vacated >= intent.vacancies,
        `第 ${index} 条：还可以补抽，席位却没有补抽。`, `Entry ${index}: a seat was given up that might have been drawn anew.`);
      must(kind !== "draw.vacated" || !lost, `第 ${index} 条：已有席位不再补抽，之后又补抽。`,
        `Entry ${index}: a vacancy stands behind a seat that was lost.`);
      vacated += Number(kind === "draw.vacated");
      exhausted ||= kind === "draw.vacancy-exhausted";
      lost ||= kind === "draw.seat-lost";
      if (lost && falls) state.seats.get(body.seat).lost = true;
      if (kind === "draw.refilled") sits.add(body.seat);
      else sits.delete(body.seat);
    }
  }

  /** Vacancy by vacancy: the search gives what was logged. */
  async function redraw(state, number, struckRows, pause) {
    const [entry, ended] = [state.vacated[number - 1], state.ended[number - 1]];
    const seat = state.seats.get(entry.body.seat);
    must(ended.body.seat === seat.code, `第 ${number} 次补抽补的不是空出的席位。`, `Vacancy ${number} filled another seat.`);
    checkAnswer(state, number, seat.answer);
    const from = seat.row;
    seat.row = null;
    const seated = new Set([...state.seats.values()].map((each) => each.row).filter((row) => row !== null));
    const struck = new Set([...state.sat, ...struckRows].filter((row) => !seated.has(row)));
    const seats = state.intent.seats.map((_, line) => Number(line === seat.line));
    const found = await redone(state, ended, { seed: state.seeds.vacancy(number), seats, seated, struck }, pause);
    const to = found.accepted ? found.last[seat.line][0].row : null;
    state.refills.push({ vacancy: number, seat: seat.code, from, to, found });
    if (found.accepted) fill(state, seat, number, ended, to);
  }

  function fill(state, seat, number, { body }, row) {
    const member = hex(tagged("member", state.seeds.memberSalt(number, 0), state.table.leaf(row)));
    must(forms.REFILLED(body) && member === body.member, `第 ${number} 次补抽重新抽取，成员不同。`,
      `Vacancy ${number}, drawn again, gives another member.`);
    Object.assign(seat, { row, member, answer: body.answer });
    state.sat.add(row);
  }

  function checkAnswer(state, vacancy, committed) {
    const opened = state.openings.answers.find((each) => each.vacancy === vacancy);
    if (!opened) return;
    must(hex(tagged("answer", fromHex(opened.salt), utf8(opened.code))) === committed, "应答码与该席位封存的不符。",
      "An answer code is not the one to which the seat was bound.");
  }

  function lots(state) {
    const { key, lots: codes, project } = state.openings.lots;
    const computed = codes.map((code) =>
      hex(hmac(fromHex(key), utf8("expertpool:draw/v1:lot\0"), lp(utf8(project)), lp(utf8(code)))));
    must(computed.sort().join() === state.intent.lots.join(), "标段代码与意向不符。",
      "The lot codes are not those of the intent.");
    return [`抽取用于项目 ${project}，标段 ${codes.join("、")}。`,
      `The draw was for project ${project}, lots ${codes.join(", ")}.`];
  }

  const drawSteps = { table, contributions, beacon, seed, panel, struck, vacancies, lots };
  Object.assign(replayer, { NotChecked, drawSteps });
})();
