// Ed25519 (RFC 8032), ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381) and drand: docs/spec/draw.md, section 1.
"use strict";
(() => {
  const { fromHex, hex, join, equal, u64, sha256, sha512 } = replayer;
  const Point = noble.ed25519.Point;
  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  const SUITE = 0x03;

  const littleEndian = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

  /** A point in its one encoding (y below the prime, no x = 0 with the sign bit), or null. */
  function decode(bytes) {
    try {
      return bytes.length === 32 ? Point.fromBytes(bytes, false) : null;
    } catch {
      return null;
    }
  }

  const ofPrimeOrder = (point) => point !== null && !point.is0() && point.isTorsionFree();

  /** [a]P - [b]Q, for numbers below the group's order and points of any order. */
  const difference = (a, P, b, Q) => P.multiplyUnsafe(a).subtract(Q.multiplyUnsafe(b));

  /** Whether `signature` is by `key` over `message`. */
  function ed25519(key, message, signature) {
    const A = decode(key);
    const [R, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
    if (A === null || A.isSmallOrder() || s >= ORDER) return false;
    const k = littleEndian(sha512(join(R, key, message))) % ORDER;
    return equal(difference(s, Point.BASE, k, A).toBytes(), R);
  }

  /** Try and increment (RFC 9381, section 5.4.1.1): the first hash that is a point, times the cofactor. */
  function encodeToCurve(key, alpha) {
    for (let counter = 0; counter < 256; counter++) {
      const hash = sha512(join(Uint8Array.of(SUITE, 1), key, alpha, Uint8Array.of(counter, 0)));
      const point = decode(hash.subarray(0, 32))?.clearCofactor();
      if (point && !point.is0()) return point;
    }
    return null;
  }

  /** The output of a proof over `alpha` by `key`, or null if it proves nothing. */
  function vrfOutput(key, alpha, proof) {
    if (proof.length !== 80) return null;
    const [Y, gamma] = [decode(key), decode(proof.subarray(0, 32))];
    const [c, s] = [proof.subarray(32, 48), littleEndian(proof.subarray(48))];
    if (!ofPrimeOrder(Y) || !ofPrimeOrder(gamma) || s >= ORDER) return null;
    const H = encodeToCurve(key, alpha);
    if (H === null) return null;
    const challenge = littleEndian(c);
    const U = difference(s, Point.BASE, challenge, Y);
    const V = difference(s, H, challenge, gamma);
    const points = [Y, H, gamma, U, V].map((point) => point.toBytes());
    const expected = sha512(join(Uint8Array.of(SUITE, 2), ...points, Uint8Array.of(0))).subarray(0, 16);
    if (!equal(c, expected)) return null;
    return sha512(join(Uint8Array.of(SUITE, 3), gamma.clearCofactor().toBytes(), Uint8Array.of(0)));
  }

  // -- drand

  const DST = (group) => `BLS_SIG_BLS12381${group}_XMD:SHA-256_SSWU_RO_NUL_`;

  /** The chains that count; genesis and period in seconds. */
  const CHAINS = {
    "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce": {
      name: "default", chained: true, genesis: 1595431050, period: 30, signatures: noble.bls12_381.longSignatures,
      group: "G2",
      key: "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31",
    },
    "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": {
      name: "quicknet", chained: false, genesis: 1692803367, period: 3, signatures: noble.bls12_381.shortSignatures,
      group: "G1",
      key: "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec75" +
        "8c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    },
  };

  /** A compressed point in its one encoding and of prime order, or null. */
  function decodeSignature(scheme, bytes) {
    try {
      const point = scheme.Signature.fromBytes(bytes);
      if (point.is0()) return null;
      point.assertValidity();
      return equal(point.toBytes(true), bytes) ? point : null;
    } catch {
      return null;
    }
  }

  /** The randomness of a round, or null if its signature is not the chain's. */
  function beaconOutput(chain, round, signature, previous) {
    const scheme = chain.signatures;
    const point = decodeSignature(scheme, signature);
    if (point === null || chain.chained !== (previous !== null)) return null;
    if (chain.chained && decodeSignature(scheme, previous) === null) return null;
    const message = sha256(join(previous ?? new Uint8Array(), u64(round)));
    try {
      const ok = scheme.verify(point, scheme.hash(message, DST(chain.group)), fromHex(chain.key));
      return ok ? sha256(signature) : null;
    } catch {
      return null;
    }
  }

  Object.assign(replayer, { ed25519, vrfOutput, CHAINS, beaconOutput });
})();
