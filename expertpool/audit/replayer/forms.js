// The forms of what a bundle holds: docs/spec/bundle.md, sections 1 and 2, and draw.md, section 4.
"use strict";
(() => {
  const { must, isHex, fromBase64, compare, isObject, isCount, isTime, parse, readEntry, readCheckpoint } = replayer;
  const { ROW, MEMBERS } = replayer;

  // -- a form is a function that says whether a value has it

  const text = (value) => typeof value === "string" && value !== "";
  const hex = (length) => (value) => isHex(value, length);
  const nullOr = (form) => (value) => value === null || form(value);
  const list = (form) => (value) => Array.isArray(value) && value.every(form);
  const within = (least, most) => (value) => isCount(value) && value >= least && value <= most;
  const U32 = 2 ** 32 - 1;

  /** Exactly these members; those in `optional` may be missing. */
  const exactly = (forms, optional = {}) => (value) =>
    isObject(value) && Object.keys(forms).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, each]) =>
      (Object.hasOwn(forms, name) && forms[name](each)) || (Object.hasOwn(optional, name) && optional[name](each)));

  /** These members at least. */
  const having = (forms) => (value) =>
    isObject(value) && Object.entries(forms).every(([name, form]) => Object.hasOwn(value, name) && form(value[name]));

  /** Values that are strictly ascending. */
  const ascends = (values) => values.every((value, at) => at === 0 || values[at - 1] < value);
  const ascending = (form, key = (value) => value) => (value) => list(form)(value) && ascends(value.map(key));

  // -- the members of the archive

  const HEADER = exactly({
    draw: (value) => typeof value === "string",
    format: (value) => value === "expertpool/bundle/v1",
    intent: Number.isSafeInteger,
    kind: (value) => Object.hasOwn(MEMBERS, value),
  });

  const PROOF = (value) => list((each) => fromBase64(each)?.length === 32)(value) && value.length <= 63;
  const ENTRIES = list(exactly({ entry: (value) => fromBase64(value) !== null, proof: PROOF }));

  const KIND = within(1, 255);
  const TOKEN = (value) => Array.isArray(value) && value.length === 2 && KIND(value[0]) && isHex(value[1], 16);
  const TOKENS = (value) =>
    ascending(TOKEN, ([kind, token]) => String(kind).padStart(3, "0") + token)(value) && value.length <= 255;

  const OPENINGS = exactly({
    answers: list(exactly({ code: text, salt: hex(16), vacancy: within(1, Infinity) })),
    beacon: nullOr(exactly({ previous: nullOr(hex()), signature: hex() })),
    contributions: list(exactly({ organisation: text, pi: hex(80) })),
    groups: list(exactly({ leaf: hex(32), salt: hex(16), tokens: TOKENS })),
    lots: exactly({ key: hex(32), lots: list(text), project: text }),
    retained: list(exactly({ member: hex(32), salt: hex(16), tokens: TOKENS })),
  }, { struck: exactly({ leaves: list(hex(32)), salt: hex(16) }) });

  /** The members of a bundle as values: step `format`. */
  function readMembers(members) {
    const form = (holds, name) => must(holds, `${name} 的内容不合规范。`, `${name} is not of the specified form.`);
    const json = (name, has) => {
      must(members.has(name), `缺少 ${name}。`, `${name} is missing.`);
      const value = parse(members.get(name), name);
      form(has(value), name);
      return value;
    };
    const header = json("bundle.json", HEADER);
    must(MEMBERS[header.kind].join() === [...members.keys()].join(), "缺少或多出文件。", "Members are missing, or too many.");
    const entries = json("entries.json", ENTRIES).map(({ entry, proof }) => {
      return { ...readEntry(fromBase64(entry)), proof: proof.map(fromBase64) };
    });
    form(ascends(entries.map((entry) => entry.index)), "entries.json");
    const table = members.get("table.bin");
    form(table.length % ROW === 0 && rowsAscend(table), "table.bin");
    const openings = json("openings.json", OPENINGS);
    return { header, entries, table, openings, note: readCheckpoint(members.get("checkpoint")) };
  }

  function rowsAscend(table) {
    for (let at = ROW; at < table.length; at += ROW) {
      if (compare(table.subarray(at - ROW, at - ROW + 32), table.subarray(at, at + 32)) >= 0) return false;
    }
    return true;
  }

  // -- the bodies of entries: of the intent all members, of others what a step uses

  const CONTRIBUTOR = exactly({ organisation: text, registered: isCount, vrf: hex(32) });

  const INTENT = having({
    algorithm: (value) => value === "panel/v1",
    alternates: list(CONTRIBUTOR),
    beacon: nullOr(exactly({ chain: hex(32), round: within(1, U32) })),
    centre: text,
    constraints: ascending(exactly({ cap: within(1, Infinity), kind: KIND }), (each) => each.kind),
    contributors: (value) => list(CONTRIBUTOR)(value) && value.length >= 2,
    deadline: isTime,
    draw: text,
    first: nullOr(isCount),
    holders: exactly({ keys: isObject, sets: (value) => ascendingSets(value) && value.length > 0 }),
    lots: (value) => ascending(hex(32))(value) && value.length > 0,
    max_attempts: within(1, U32),
    not_before: isTime,
    pool: having({ centre: text, origin: text, size: isCount }),
    request: hex(32),
    required: isCount,
    retained: ascending(hex(32)),
    rulebook: hex(32),
    seats: (value) => list(isCount)(value) && value.length <= 32 && value.some((each) => each > 0),
    step_seconds: isCount,
    table: hex(32),
    vacancies: isCount,
    vault: hex(32),
  });
  const ascendingSets = list((set) => ascending((name) => typeof name === "string")(set) && set.length > 0);

  /** What the intent fixes, if it is well-formed. */
  function intentBody(entry) {
    const value = entry.body;
    const keyed = INTENT(value) ? [...value.contributors, ...value.alternates] : [];
    must(
      INTENT(value) && value.required === value.contributors.length &&
        new Set(keyed.map((each) => each.organisation)).size === keyed.length &&
        new Set(keyed.map((each) => each.vrf)).size === keyed.length &&
        Object.values(value.holders.keys).every((key) => isHex(key, 32)) &&
        value.holders.sets.flat().every((name) => Object.hasOwn(value.holders.keys, name)),
      "意向的内容不合规范。", "The intent is not well-formed.");
    return value;
  }

  const HOLDER = having({ holder: text, organisation: (value) => typeof value === "string", vrf: hex(32) });
  const SEATS = list(exactly({ answer: hex(32), line: isCount, member: hex(32), record: hex(32), seat: text }));
  const REFILLED = having({ answer: hex(32), member: hex(32), seat: text });

  Object.assign(replayer, { readMembers, intentBody, ascends, forms: { HOLDER, SEATS, REFILLED } });
})();
