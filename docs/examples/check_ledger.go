// Check a copied ledger with golang.org/x/mod/sumdb, the libraries of Go's own checksum database:
// nothing of expertpool.
//
//	go run check_ledger.go FOLDER POLICY [RECEIPT]
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	folder := os.Args[1]
	log, known := readPolicy(os.Args[2])
	tree := openCheckpoint(read(folder, "checkpoint"), log, known)
	tiles := tlog.TileHashReader(tree, files(folder)) // checks every tile against the signed root

	for n, entry := range entries(folder, tree.N) {
		proof := must(tlog.ProveRecord(tree.N, int64(n), tiles))
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(entry)))
	}
	fmt.Printf("inclusion: all of %d entries are in the tree of %d\n", tree.N, tree.N)

	older := must(filepath.Glob(filepath.Join(folder, "checkpoints", "*")))
	for _, path := range older {
		old := openCheckpoint(must(os.ReadFile(path)), log, known)
		if old.N == 0 { // every tree extends the empty one
			continue
		}
		proof := must(tlog.ProveTree(tree.N, old.N, tiles))
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
		fmt.Printf("consistency: the tree of %d extends the tree of %d\n", tree.N, old.N)
	}

	if len(os.Args) > 3 {
		checkReceipt(string(must(os.ReadFile(os.Args[3]))), log, known)
	}
}

func checkReceipt(text string, log note.Verifier, known note.Verifiers) {
	head, signed, _ := strings.Cut(text, "\n\n")
	tree := openCheckpoint([]byte(signed), log, known)
	lines := strings.Split(head, "\n") // the format's name, extra, index, hashes
	entry := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		proof = append(proof, must(tlog.ParseHash(line)))
	}
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	fmt.Printf("receipt: its entry is entry %d in the tree of %d\n", index, tree.N)
}

// openCheckpoint returns size and root of a checkpoint that the log signed, and prints who did.
func openCheckpoint(data []byte, log note.Verifier, known note.Verifiers) tlog.Tree {
	opened := must(note.Open(data, known)) // fails when a known key's signature is invalid
	lines := strings.Split(opened.Text, "\n")
	byLog := false
	var signers []string
	for _, signature := range opened.Sigs {
		signers = append(signers, signature.Name+moment(signature))
		byLog = byLog || signature.Name == lines[0] && signature.Name == log.Name() && signature.Hash == log.KeyHash()
	}
	if !byLog {
		check(errors.New("the checkpoint is not signed by the log of the policy"))
	}
	fmt.Printf("checkpoint: size %s, signed by %s\n", lines[1], strings.Join(signers, ", "))
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

// readPolicy returns the log's name, and a verifier for each key of the policy.
func readPolicy(path string) (log note.Verifier, known note.Verifiers) {
	var verifiers []note.Verifier
	for _, line := range strings.Split(string(must(os.ReadFile(path))), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "log":
			log = must(note.NewVerifier(words[1]))
			verifiers = append(verifiers, log)
		case len(words) > 2 && words[0] == "witness":
			verifiers = append(verifiers, newCosigner(words[2]))
		}
	}
	if log == nil {
		check(errors.New("the policy names no log"))
	}
	return log, note.VerifierList(verifiers...)
}

// A cosigner verifies cosignature/v1 (C2SP tlog-cosignature): 8 bytes of time, then Ed25519 over time and note.
// x/mod knows the key type 1 alone; its interface takes any other.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	key := must(base64.StdEncoding.DecodeString(parts[2]))
	if len(key) != 33 || key[0] != 4 {
		check(errors.New("no cosigner's key: " + vkey))
	}
	return cosigner{parts[0], uint32(must(strconv.ParseUint(parts[1], 16, 32))), key[1:]}
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func moment(signature note.Signature) string {
	raw := must(base64.StdEncoding.DecodeString(signature.Base64))
	if len(raw) != 4+72 {
		return ""
	}
	return fmt.Sprintf(" at %d", binary.BigEndian.Uint64(raw[4:]))
}

// files reads tiles of height 8. C2SP tlog-tiles leaves the height out of the path, Go's database has it.
type files string

func (folder files) Height() int                         { return 8 }
func (folder files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (folder files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		data = append(data, read(string(folder), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}

// entries reads the entry bundles: up to 256 entries each, each after its length in two bytes.
func entries(folder string, size int64) (found [][]byte) {
	for first := int64(0); first < size; first += 256 {
		bundle := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		data := read(folder, strings.Replace(bundle.Path(), "tile/8/data/", "tile/entries/", 1))
		for len(data) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(data))
			found = append(found, data[2:end])
			data = data[end:]
		}
	}
	if int64(len(found)) != size {
		check(fmt.Errorf("%d entries where the checkpoint has %d", len(found), size))
	}
	return found
}

func read(folder, path string) []byte {
	return must(os.ReadFile(filepath.Join(folder, filepath.FromSlash(path))))
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "BROKEN:", err)
		os.Exit(1)
	}
}
