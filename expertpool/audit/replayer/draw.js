// Seed, tickets and the search: docs/spec/draw.md, sections 3, 6 and 7.
"use strict";
(() => {
  const { utf8, fromHex, join, u8, u32, u64, lp, compare, equal, hmac, expand, tagged, sha256, ROW } = replayer;
  const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const label = (name) => utf8(`expertpool:panel/v1:${name}`);

  /** The candidate table over its bytes; `find` gives the row of a leaf, or undefined. */
  function readTable(data) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const size = data.length / ROW;
    const leaf = (row) => data.subarray(row * ROW, row * ROW + 32);
    const find = (wanted) => {
      let [low, high] = [0, size];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (compare(leaf(middle), wanted) < 0) low = middle + 1;
        else high = middle;
      }
      return low < size && equal(leaf(low), wanted) ? low : undefined;
    };
    return {
      size, leaf, find,
      lines: (row) => view.getUint32(row * ROW + 32),
      groups: (row) => data.subarray(row * ROW + 36, row * ROW + ROW),
    };
  }

  /** The commitment to the tokens of a row. */
  const groupsCommitment = (opened) =>
    tagged("groups", fromHex(opened.salt), u8(opened.tokens.length),
      ...opened.tokens.map(([kind, token]) => join(u8(kind), fromHex(token))));

  /** All that follows from the contributions: `outputs` are [organisation, beta]. */
  function deriveSeeds(alpha, outputs, beacon) {
    const inputs = outputs.map(([organisation, beta]) => join(lp(utf8(organisation)), lp(beta)));
    if (beacon) inputs.push(lp(beacon.chain), lp(u64(beacon.round)), lp(beacon.randomness));
    const prk = hmac(alpha, ...inputs);
    return {
      panel: expand(prk, label("panel"), 32),
      vacancy: (number) => expand(prk, join(label("vacancy"), u32(number)), 32),
      memberSalt: (vacancy, place) => expand(prk, join(label("member"), u32(vacancy), u32(place)), 16),
      seatCodes: (count) => seatCodes(prk, count),
    };
  }

  /** Four symbols of 20 bits each, each code once. */
  function seatCodes(prk, count) {
    const codes = new Set();
    let bits = "";
    for (let block = 0; codes.size < count; ) {
      while (bits.length < 20) {
        const bytes = expand(prk, join(label("seats"), u32(block++)), 32);
        bits += Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
      }
      const code = bits.slice(0, 20).match(/.{5}/g).map((five) => SYMBOLS[parseInt(five, 2)]).join("");
      bits = bits.slice(20);
      codes.add(code);
    }
    return [...codes];
  }

  /** Tickets of one line in one attempt. Prefix and seed fill one block of the hash, which is computed once. */
  function ticketMaker(seed, attempt, line) {
    const prefix = sha256.create().update(join(label("tick"), seed, u32(attempt), u32(line)));
    const working = sha256.create();
    return (leaf, out) => prefix._cloneInto(working).update(leaf).digestInto(out);
  }

  /** The `count` rows with the lowest (ticket, leaf), as [{row, ticket}], or null if there are fewer. */
  async function lowest(table, rows, count, ticket, pause) {
    const best = [];
    const out = new Uint8Array(32);
    for (let at = 0; at < rows.length; at++) {
      if (at % 16384 === 16383) await pause();
      ticket(table.leaf(rows[at]), out);
      if (best.length === count && (count === 0 || compare(out, best[count - 1].ticket) > 0)) continue;
      const drawn = { row: rows[at], ticket: out.slice() };
      // Rows are in ascending order of leaves: among equal tickets the earlier one is before.
      let place = best.length;
      while (place > 0 && compare(best[place - 1].ticket, drawn.ticket) > 0) place--;
      best.splice(place, 0, drawn);
      if (best.length > count) best.pop();
    }
    return best.length < count ? null : best;
  }

  /**
   * A search. `asked`: {table, seed, seats, constraints, most (attempts), struck, seated (sets of rows), beside (lists
   * of tokens), tokens (of a row)}. Gives how many attempts were `made`, the `last` one as a list of lines, whether that
   * was `accepted`, and the rows that could be drawn for each line.
   */
  async function search(asked, pause) {
    const { table, seed, seats } = asked;
    const eligible = seats.map((count, line) => {
      const rows = [];
      for (let row = 0; count > 0 && row < table.size; row++) {
        if ((table.lines(row) >>> line) & 1 && !asked.struck.has(row) && !asked.seated.has(row)) rows.push(row);
      }
      return rows;
    });
    const found = { made: 0, last: [], accepted: false, eligible };
    if (seats.some((count, line) => eligible[line].length < count)) return found;
    while (found.made < asked.most && !found.accepted) {
      found.last = [];
      for (let line = 0; line < seats.length; line++) {
        const ticket = ticketMaker(seed, found.made, line);
        found.last.push(await lowest(table, eligible[line], seats[line], ticket, pause));
      }
      found.made++;
      found.accepted = acceptable(asked, found.last.flat().map((drawn) => drawn.row));
      if (found.made % 64 === 0) await pause();
    }
    return found;
  }

  /** Whether all rows are different and, counting seated members, no constraint is broken. */
  function acceptable(asked, rows) {
    const members = [...rows, ...asked.seated].map(asked.tokens).concat(asked.beside);
    if (new Set(rows).size < rows.length) return false;
    return asked.constraints.every(({ kind, cap }) => {
      const counts = new Map();
      for (const [each, token] of members.flat()) if (each === kind) counts.set(token, (counts.get(token) ?? 0) + 1);
      return [...counts.values()].every((count) => count <= cap);
    });
  }

  Object.assign(replayer, { readTable, lowest, groupsCommitment, deriveSeeds, ticketMaker, search });
})();
