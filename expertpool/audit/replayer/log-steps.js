// The steps of a replay that read the ledger: docs/spec/bundle.md, section 4, `checkpoint` to `order`.
"use strict";
(() => {
  const { must, included, readPolicy, signatures, quorumMet, intentBody, forms } = replayer;

  /** Nothing contradicts, but nobody whom the verifier trusts vouches for it. */
  class NotProven extends Error {
    constructor(zh, en) {
      super(en);
      Object.assign(this, { zh, en });
    }
  }

  /** Whom the verifier trusts, from the text of a policy; null without one. */
  const readTrust = (text) => (text.trim() === "" ? null : readPolicy(text));

  function checkpoint(state, trust) {
    const { note } = state;
    if (trust === null) {
      throw new NotProven("没有给出账本密钥和信任策略，签名没有核对。",
        "No log key and no policy were given: the signatures were not checked.");
    }
    const witnesses = [...trust.witnesses];
    const words = signatures(note, [...trust.logs, ...witnesses.map(([, key]) => key)]);
    must(!words.includes("invalid"), "检查点上有一个已知密钥的签名无效。",
      "The checkpoint has a signature of a known key that does not verify.");
    must(trust.logs.some((key, at) => key.name === note.origin && words[at] === "signed"),
      "检查点没有您所信任的账本密钥的签名。", "The checkpoint is not signed by the log key that you trust.");
    const cosigners = witnesses.map(([name]) => name).filter((_, at) => words[trust.logs.length + at] === "signed");
    state.cosigners = cosigners;
    if (!quorumMet(trust, new Set(cosigners)) || cosigners.length === 0) {
      throw new NotProven("共签方不足：没有达到信任策略要求的人数。", "Too few cosigners: the policy's quorum is not met.");
    }
    return [`账本“${note.origin}”在 ${note.size} 个条目时的状态有签名，${cosigners.length} 个共签方作证。`,
      `The state of the log “${note.origin}” at ${note.size} entries is signed; ` +
        `${cosigners.length} cosigners vouch for it.`];
  }

  function entries(state) {
    const { size, root } = state.note;
    for (const { hash, index, proof } of state.entries) {
      must(included(hash, index, size, proof, root), `第 ${index} 条不在该账本中，或被改动。`,
        `Entry ${index} is not in that log, or was altered.`);
    }
    state.byIndex = new Map(state.entries.map((entry) => [entry.index, entry]));
    return [`${state.entries.length} 个条目都在该账本中，一字未改。`,
      `All ${state.entries.length} entries stand in that log, unaltered.`];
  }

  // -- intent

  function intent(state) {
    const { draw, intent: place } = state.header;
    const entry = state.byIndex.get(place);
    must(entry?.kind === "draw.intended" && entry.body.draw === draw, "所说的条目不是这次抽取的意向。",
      "The entry named is not the intent of this draw.");
    const fixed = intentBody(entry);
    checkContributors(state, entry, [...fixed.contributors, ...fixed.alternates], fixed.contributors.length);
    checkFirst(state, entry, fixed);
    Object.assign(state, { intentEntry: entry, intent: fixed, alpha: entry.hash });
    return [`意向（第 ${place} 条）在任何人能知道结果之前固定了名册、候选名单、席位和 ${fixed.contributors.length} 个贡献方。`,
      `Before anyone could know the outcome, the intent (entry ${place}) fixed roster, candidates, seats and ` +
        `${fixed.contributors.length} contributors.`];
  }

  function checkContributors(state, entry, keyed, contributors) {
    const { draw } = state.header;
    const requests = state.entries.filter((each) =>
      each.kind === "draw.requested" && each.body.draw === draw && each.index < entry.index);
    const before = requests.length ? requests[requests.length - 1].index : -1;
    const shown = keyed.map(({ organisation, registered, vrf }) => {
      const approval = state.byIndex.get(registered);
      must(approval?.kind === "holder.approved", `${organisation} 的登记条目不在其中。`,
        `The approval of ${organisation} is not there.`);
      const is = approval.body;
      must(forms.HOLDER(is) && is.holder === organisation && is.vrf === vrf && registered < before,
        `${organisation} 的密钥不是申请之前登记的那一把。`,
        `The key of ${organisation} is not the one that was approved before the request.`);
      return is;
    });
    state.holders = new Map(shown.map((is) => [is.holder, is]));
    const approvals = state.entries.filter((each) => each.kind === "holder.approved");
    must(approvals.every((each) => keyed.some(({ registered }) => registered === each.index)),
      "有意向没有提到的登记。", "There are approvals that the intent does not name.");
    must(new Set(shown.map((is) => is.organisation)).size === shown.length, "两个贡献方属于同一单位。",
      "Two contributors are of the same organisation.");
    must(shown.slice(0, contributors).some((is) => is.outside === true), "没有一个贡献方在中心之外。",
      "No contributor stands outside the centre.");
  }

  function checkFirst(state, entry, fixed) {
    if (fixed.first === null) {
      must(fixed.retained.length === 0, "没有先前的意向，却有保留的成员。",
        "Members are retained, though no earlier intent is named.");
      return;
    }
    const first = state.byIndex.get(fixed.first);
    must(first?.kind === "draw.intended" && fixed.first < entry.index, "先前的意向不在其中。",
      "The earlier intent is not there.");
    const shared = intentBody(first).lots.some((lot) => fixed.lots.includes(lot));
    must(shared, "先前的意向与这些标段无关。", "The earlier intent is for other lots.");
  }

  // -- order

  const OF_DRAW = ["draw.requested", "draw.accepted"];
  const OF_INTENT = ["draw.contributed", "draw.stepped-in", "draw.completed", "draw.exhausted", "draw.vacated",
    "draw.refilled", "draw.vacancy-exhausted", "draw.bidders-opened", "draw.seat-lost", "draw.filled", "draw.closed",
    "draw.released"];
  const OF_FIRST = ["draw.completed", "draw.refilled"];

  /** Whether an entry may stand in the bundle. */
  function belongs(state, entry) {
    const { draw, intent: place } = state.header;
    const { first } = state.intent;
    if (entry.kind === "draw.intended") return entry.index === place || entry.index === first;
    if (entry.kind === "holder.approved") return true;
    if (OF_DRAW.includes(entry.kind)) return entry.body.draw === draw;
    if (OF_INTENT.includes(entry.kind) && entry.body.intent === place) return entry.body.draw === draw;
    return OF_FIRST.includes(entry.kind) && first !== null && entry.body.intent === first;
  }

  function order(state) {
    const place = state.intentEntry.index;
    for (const entry of state.entries) {
      must(belongs(state, entry), `第 ${entry.index} 条不属于这次抽取。`, `Entry ${entry.index} is foreign to this draw.`);
    }
    const of = (kind) => state.entries.filter((entry) => entry.kind === kind);
    const [asked] = of("draw.requested");
    must(of("draw.accepted").some((entry) => asked?.index < entry.index && entry.index < place), "意向之前没有申请和受理。",
      "The intent does not follow a request and its acceptance.");
    const own = state.entries.filter((entry) => entry.body.intent === place && OF_INTENT.includes(entry.kind));
    const results = own.filter((entry) => entry.kind === "draw.completed" || entry.kind === "draw.exhausted");
    must(results.length === 1, "一次意向应当有一个结果。", "One intent has one result.");
    [state.result] = results;
    state.contributed = contributed(state, own);
    vacancyOrder(state, own);
    return [`先申请、再意向（第 ${place} 条），中心先封存贡献，各方随后，最后出结果（第 ${state.result.index} 条）；其后补抽 ${state.vacated.length} 次。`,
      `First the request, then the intent (entry ${place}), the centre's contribution, the others', and last the ` +
        `result (entry ${state.result.index}); ${state.vacated.length} vacancies after it.`];
  }

  /** The contributions that count, by organisation in the order of draw.md, section 6. */
  function contributed(state, own) {
    const { intent, intentEntry, result } = state;
    const centre = intent.contributors[0].organisation;
    const called = new Map(intent.contributors.map((each) => [each.organisation, null]));
    const waiting = intent.alternates.map((each) => each.organisation);
    const given = new Map();
    for (const entry of own) {
      const { organisation, alternate, replaced } = entry.body;
      if (entry.kind === "draw.contributed") {
        must(given.size > 0 || (organisation === centre && entry.index > intentEntry.index), "第一份贡献不是中心的。",
          "The first contribution is not the centre's.");
        must(called.has(organisation) && !given.has(organisation), `${organisation} 不应在此作出贡献。`,
          `${organisation} was not to contribute here.`);
        must(entry.time <= intent.deadline, "有贡献晚于截止时间。", "A contribution came after the deadline.");
        must(entry.index < result.index, "有贡献晚于结果。", "A contribution stands after the result.");
        given.set(organisation, entry);
      } else if (entry.kind === "draw.stepped-in") {
        must(given.has(centre) && called.has(replaced) && !given.has(replaced) && alternate === waiting.shift(),
          "候补贡献方的递补不合顺序。", "An alternate stepped in out of order.");
        const since = called.get(replaced) ?? given.get(centre);
        must(entry.moment - since.moment >= BigInt(intent.step_seconds) * 1_000_000n, "候补贡献方递补得太早。",
          "An alternate stepped in too early.");
        called.delete(replaced);
        called.set(alternate, entry);
      }
    }
    must(given.size === intent.required, "贡献的份数不足。", "There are not as many contributions as required.");
    const counted = [...intent.contributors, ...intent.alternates].filter((each) => given.has(each.organisation));
    return counted.map((each) => ({ ...each, entry: given.get(each.organisation) }));
  }

  const ENDS = ["draw.refilled", "draw.vacancy-exhausted"];

  /** Vacancies are numbered without gaps, each logged before it is ended, ended in order. */
  function vacancyOrder(state, own) {
    Object.assign(state, { vacated: [], ended: [], opening: null });
    for (const entry of own) {
      const after = entry.index > state.result.index;
      if (entry.kind === "draw.vacated") {
        must(after && entry.body.vacancy === state.vacated.length + 1, "补抽的编号不连续。",
          "Vacancies are not numbered without gaps.");
        state.vacated.push(entry);
      } else if (ENDS.includes(entry.kind)) {
        must(entry.body.vacancy === state.ended.length + 1 && state.ended.length < state.vacated.length,
          "补抽的次序不对。", "A vacancy was ended out of order.");
        state.ended.push(entry);
      } else if (entry.kind === "draw.bidders-opened") {
        must(after && state.opening === null && state.ended.length === state.vacated.length &&
          entry.body.vacancies === state.vacated.length, "投标人名单的开启不合规范。",
          "The list of bidders was opened out of order.");
        state.opening = entry;
      }
    }
    must(state.ended.length === state.vacated.length, "有补抽没有结果。", "A vacancy has no outcome.");
  }

  Object.assign(replayer, { NotProven, readTrust, logSteps: { checkpoint, entries, intent, order } });
})();
