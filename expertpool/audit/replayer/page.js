// The page: files in, the verdict and the story out.
"use strict";
(() => {
  const { both, el, TITLES, OUTCOMES, VERDICTS, ROW, readArchive, replay, picture, myTicket, Differs } = replayer;
  const MOST_ROWS = 200_000;
  const COMMAND = "expertpool audit replay BUNDLE.zip --policy trust.policy --log LEDGER";
  const byId = (id) => document.getElementById(id);
  const [bundle, policy, run, drop] = ["bundle", "policy", "run", "drop"].map(byId);
  let file = null;
  let reading = Promise.resolve();
  let running = false;
  let again = false;

  const progress = (zh, en) => byId("progress").replaceChildren(both(zh, en));

  /** Lets the browser paint and take keys before going on. */
  const breathe = () => new Promise((resume) => setTimeout(resume));

  async function tell(name) {
    if (name) progress(`正在核对：${TITLES[name][0]}……`, `Checking: ${TITLES[name][1]} …`);
    await breathe();
  }

  // -- files

  async function read(files) {
    for (const each of files) {
      const data = new Uint8Array(await each.arrayBuffer());
      if (data[0] === 0x50 && data[1] === 0x4b) file = data;
      else if (data.length < 100_000) policy.value = new TextDecoder().decode(data);
      else file = data;
    }
    run.disabled = file === null;
  }

  async function take(files) {
    reading = Promise.all([reading, read([...files])]);
    await reading;
    if (file !== null) await check();
    else progress("信任策略已收下，请再放入证明包。", "The policy is there. Now the bundle, please.");
  }

  bundle.addEventListener("change", () => take(bundle.files));
  byId("policy-file").addEventListener("change", () => take(byId("policy-file").files));
  run.addEventListener("click", () => check());
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }

  // -- checking

  /** Whether the table is too long for a page; what is no archive is left to the replay to say. */
  function tooLong(data) {
    try {
      return (readArchive(data).get("table.bin")?.length ?? 0) / ROW > MOST_ROWS;
    } catch (error) {
      if (error instanceof Differs) return false;
      throw error;
    }
  }

  /** Checks what is there; what comes in meanwhile is checked in its turn. */
  async function check() {
    again = true;
    if (running) return;
    running = run.disabled = true;
    try {
      while (again) {
        await reading;
        again = false;
        byId("report").replaceChildren();
        await tell("format");
        if (tooLong(file)) show(el("section", { class: "card", id: "too-long" }, ...longWords()));
        else await report(await replay(file, policy.value, tell));
      }
    } catch (error) {
      console.error(error);
      show(el("section", { class: "card" }, el("h2", { tabindex: "-1" }, both("程序出错", "The program failed")),
        el("p", {}, both("没有结论。请换一个浏览器，或用命令行核验：",
          "There is no verdict. Try another browser, or the command line:")), command()));
    } finally {
      running = run.disabled = false;
      byId("progress").replaceChildren();
    }
  }

  const command = () => el("pre", { tabindex: "0" }, el("code", {}, COMMAND));

  const longWords = () => [
    el("h2", { tabindex: "-1" }, both("名单太长，网页不宜重算", "Too many rows for a page")),
    el("p", {}, both(`这份名单超过 ${MOST_ROWS} 行，请用命令行核验，结论相同：`,
      `The list has more than ${MOST_ROWS} rows. Use the command line, which says the same:`)),
    command(),
  ];

  function show(...sections) {
    byId("report").replaceChildren(...sections);
    byId("report").querySelector("h2").focus();
  }

  // -- the report

  async function report(found) {
    const sections = [verdict(found)];
    const story = await picture(found);
    if (story) sections.push(el("section", { class: "card", "aria-labelledby": "story" },
      el("h2", { id: "story" }, both("发生了什么", "What happened")), story));
    if (found.steps.some((step) => step.name === "panel" && step.outcome === "ok")) sections.push(myTicket(found.state));
    if (found.steps.length) sections.push(steps(found), unchecked(found));
    show(...sections);
  }

  /** The verdict in one sentence. */
  function sentence({ verdict: is, steps: taken, state, zh, en }) {
    if (is === "unreadable") return [zh, en];
    const differing = taken.find((step) => step.outcome === "differs");
    if (differing) {
      const [title, english] = TITLES[differing.name];
      return [`“${title}”一步对不上：${differing.zh}`, `“${english}” differs: ${differing.en}`];
    }
    const seats = state.seats.size;
    const drawn = seats === 0
      ? [`${state.table.size} 行名单上没有一组人符合全部约束，与结果一致`,
        `no committee from the ${state.table.size} rows meets every constraint, as the result says`]
      : [`从事先固定的 ${state.table.size} 行名单重新抽取，${seats} 个席位逐一相同，没有人能挑选`,
        `drawn again from the ${state.table.size} rows fixed beforehand, all ${seats} seats are the same: nobody chose`];
    if (is === "proven") return [`${drawn[0]}。`, `${drawn[1][0].toUpperCase()}${drawn[1].slice(1)}.`];
    return [`没有发现不一致（${drawn[0]}），但没有您信任的、足够多的人为这份账本作证。`,
      `Nothing differs (${drawn[1]}), but not enough of those whom you trust vouch for this ledger.`];
  }

  const isAudit = (found) => found.state.header?.kind === "audit";
  const ONLY_PUBLIC = ["这是审计版证明包，含个人资料，请勿外传。这个结论只针对其中公开的部分：逐人的资格认定、名册、回避和空缺原因没有核对，请用下面的命令行核对。",
    "This is an auditor’s bundle with personal data: do not pass it on. The verdict is about its public part alone: " +
      "roster, decisions, recusals and causes were not checked; the command line below checks them."];
  const MARKS = { proven: "✓", refuted: "✗", "not-proven": "?", unreadable: "!" };

  function verdict(found) {
    const [zh, en] = VERDICTS[found.verdict];
    return el("section", { class: `card verdict ${found.verdict}`, "data-verdict": found.verdict, id: "verdict" },
      el("span", { class: "verdict-mark", "aria-hidden": "true" }, MARKS[found.verdict]),
      el("div", {}, el("h2", { tabindex: "-1" }, both(zh, en)), el("p", {}, both(...sentence(found))),
        isAudit(found) ? el("p", { class: "warn", id: "only-public" }, both(...ONLY_PUBLIC)) : null));
  }

  function steps(found) {
    const items = found.steps.filter((step) => step.outcome !== "not-checked" || !step.nothing || !isBeyond(step.name))
      .map((step) => el("li", { class: `step ${step.outcome}`, "data-step": step.name, "data-outcome": step.outcome },
        el("span", { class: "step-mark" }, both(...OUTCOMES[step.outcome])),
        el("div", {}, el("h3", {}, both(...TITLES[step.name])), el("p", {}, both(step.zh, step.en)))));
    return el("section", { class: "card", "aria-labelledby": "steps" },
      el("h2", { id: "steps" }, both("逐步核对", "Step by step")), el("ol", { class: "steps" }, ...items));
  }

  const BEYOND = ["request", "roster", "decisions", "recusals", "causes", "only-intent", "only-roster"];
  const isBeyond = (name) => BEYOND.includes(name);

  /** What no public bundle shows, said plainly. */
  function unchecked(found) {
    const items = [
      ["谁在名单上、谁因何被排除，认定得对不对：公开包没有个人资料，由审计人员用审计版核对。",
        "Who is on the list, who was excluded and why, and whether rightly: a public bundle has no personal data; " +
          "auditors check it with theirs."],
      ["席位因何空出：同上。公开了应答码的，本页核对了应答码。",
        "Why seats fell vacant: the same. Where an answer code is opened, it was checked here."],
      ["有没有为同一标段另作一次抽取、名册有没有漏报：要查整个账本。",
        "Whether there was another draw for the same lots, and whether the roster is whole: that takes the whole ledger."],
      ["外部机构是否在中心封存之后才作答：由各机构自己的程序监看。",
        "That outside institutions answered only after the centre was bound: their own agents watch that."],
    ];
    return el("section", { class: "card", "aria-labelledby": "beyond" },
      el("h2", { id: "beyond" }, both("本页没有核对什么", "What this page did not check")),
      el("ul", { class: "beyond" }, ...items.map((item) => el("li", {}, both(...item)))),
      el("p", { class: "note" }, both("命令行程序可以核对这些：", "The command line checks these:")), command());
  }
})();
