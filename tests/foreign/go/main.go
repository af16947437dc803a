// Peer reads and makes logs with Go packages that others wrote, so that our records are judged by code that is not ours.
//
//	peer read DIR LOG-VKEY [COSIGNER-VKEY...]      every tile, entry and proof of a record's folder
//	peer make DIR NAME SIZE...                     a log with a checkpoint at the last size; prints its key and roots
//	peer cosign FILE LOG-VKEY NAME                 a cosignature on a checkpoint; prints the key and the line
//	peer proof FILE ENTRY-FILE LOG-VKEY            one entry's proof file
//
// The answer is one line of JSON; the exit code is 1 where something does not hold.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type answer map[string]any

func main() {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: peer read|make|cosign|proof ..."))
	}
	commands := map[string]func([]string) (answer, error){
		"read": read, "make": makeLog, "cosign": cosign, "proof": checkProof,
	}
	command, ok := commands[os.Args[1]]
	if !ok {
		fail(fmt.Errorf("no command %q", os.Args[1]))
	}
	found, err := command(os.Args[2:])
	if err != nil {
		fail(err)
	}
	print(found)
}

func print(found answer) {
	line, err := json.Marshal(found)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	print(answer{"ok": false, "error": err.Error()})
	os.Exit(1)
}

// The folder of a record, in the layout of c2sp.org/tlog-tiles: sumdb's paths without their height.
type folder struct{ path string }

func (f folder) Height() int { return 8 }

func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), "tile/8/")
	return filepath.FromSlash("tile/" + strings.Replace(path, "data/", "entries/", 1))
}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := os.ReadFile(filepath.Join(f.path, tilePath(t)))
		if err != nil {
			return nil, err
		}
		all[i] = data
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func openCheckpoint(data []byte, vkey string, cosigners []string) (*log.Checkpoint, *note.Note, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, err
	}
	var others []note.Verifier
	for _, key := range cosigners {
		other, err := fnote.NewVerifierForCosignatureV1(key)
		if err != nil {
			return nil, nil, err
		}
		others = append(others, other)
	}
	checkpoint, _, signed, err := log.ParseCheckpoint(data, verifier.Name(), verifier, others...)
	return checkpoint, signed, err
}

func read(args []string) (answer, error) {
	data, err := os.ReadFile(filepath.Join(args[0], "checkpoint"))
	if err != nil {
		return nil, err
	}
	checkpoint, signed, err := openCheckpoint(data, args[1], args[2:])
	if err != nil {
		return nil, err
	}
	tree := tlog.Tree{N: int64(checkpoint.Size)}
	copy(tree.Hash[:], checkpoint.Hash)
	reader := tlog.TileHashReader(tree, folder{args[0]})
	size := tree.N
	proofs, consistencies := 0, 0
	for start := int64(0); start < size; start += 256 {
		width := min(256, size-start)
		path := tilePath(tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)})
		entries, err := readEntries(filepath.Join(args[0], path), int(width))
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			index := start + int64(i)
			leaf := tlog.RecordHash(entry)
			path, err := tlog.ProveRecord(size, index, reader)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			if err := tlog.CheckRecord(path, size, tree.Hash, index, leaf); err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size),
				rfc6962.DefaultHasher.HashLeaf(entry), hashes(path), checkpoint.Hash)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
			proofs++
		}
	}
	roots := map[string]string{}
	for old := int64(1); old <= size; old += max(1, size/40) {
		root, err := tlog.TreeHash(old, reader)
		if err != nil {
			return nil, err
		}
		path, err := tlog.ProveTree(size, old, reader)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(path, size, tree.Hash, old, root); err != nil {
			return nil, err
		}
		err = proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old), uint64(size), hashes(path), root[:], checkpoint.Hash)
		if err != nil {
			return nil, err
		}
		roots[strconv.FormatInt(old, 10)] = base64.StdEncoding.EncodeToString(root[:])
		consistencies++
	}
	var names []string
	for _, signature := range signed.Sigs {
		names = append(names, signature.Name)
	}
	return answer{"ok": true, "size": size, "signed": names, "inclusion": proofs, "consistency": consistencies,
		"roots": roots}, nil
}

func hashes(path []tlog.Hash) [][]byte {
	all := make([][]byte, len(path))
	for i := range path {
		all[i] = path[i][:]
	}
	return all
}

func readEntries(path string, width int) ([][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends inside an entry", path)
		}
		size := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+size])
		data = data[2+size:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%s holds %d entries, not %d", path, len(entries), width)
	}
	return entries, nil
}

// A log in memory: sumdb's stored hashes.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		all[i] = s[at]
	}
	return all, nil
}

func makeLog(args []string) (answer, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, args[1])
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	var kept stored
	var entries [][]byte
	checkpoints := map[string]string{}
	for _, text := range args[2:] {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		for n := int64(len(entries)); n < size; n++ {
			entry := []byte(fmt.Sprintf("foreign entry %d", n))
			more, err := tlog.StoredHashes(n, entry, kept)
			if err != nil {
				return nil, err
			}
			kept = append(kept, more...)
			entries = append(entries, entry)
		}
		root, err := tlog.TreeHash(size, kept)
		if err != nil {
			return nil, err
		}
		text := log.Checkpoint{Origin: args[1], Size: uint64(size), Hash: root[:]}.Marshal()
		signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
		if err != nil {
			return nil, err
		}
		checkpoints[strconv.FormatInt(size, 10)] = string(signed)
		if err := write(filepath.Join(args[0], "checkpoint"), signed); err != nil {
			return nil, err
		}
	}
	size := int64(len(entries))
	for _, t := range tlog.NewTiles(8, 0, size) {
		data, err := tlog.ReadTileData(t, kept)
		if err != nil {
			return nil, err
		}
		if err := write(filepath.Join(args[0], tilePath(t)), data); err != nil {
			return nil, err
		}
	}
	for start := int64(0); start < size; start += 256 {
		width := min(256, size-start)
		var data []byte
		for _, entry := range entries[start : start+width] {
			data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
			data = append(data, entry...)
		}
		path := tilePath(tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)})
		if err := write(filepath.Join(args[0], path), data); err != nil {
			return nil, err
		}
	}
	return answer{"ok": true, "vkey": vkey, "checkpoints": checkpoints}, nil
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func cosign(args []string) (answer, error) {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return nil, err
	}
	_, signed, err := openCheckpoint(data, args[1], nil)
	if err != nil {
		return nil, err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, args[2])
	if err != nil {
		return nil, err
	}
	signer, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		return nil, err
	}
	key, err := fnote.VKeyToCosignatureV1(vkey)
	if err != nil {
		return nil, err
	}
	again, err := note.Sign(&note.Note{Text: signed.Text}, signer)
	if err != nil {
		return nil, err
	}
	_, line, _ := strings.Cut(string(again), "\n\n")
	return answer{"ok": true, "vkey": key, "line": line}, nil
}

func checkProof(args []string) (answer, error) {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return nil, err
	}
	entry, err := os.ReadFile(args[1])
	if err != nil {
		return nil, err
	}
	var p fproof.TLogProof
	if err := p.Unmarshal(data); err != nil {
		return nil, err
	}
	checkpoint, _, err := openCheckpoint(p.Checkpoint, args[2], nil)
	if err != nil {
		return nil, err
	}
	var path [][]byte
	for i := range p.Hashes {
		path = append(path, p.Hashes[i][:])
	}
	err = proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, checkpoint.Size,
		rfc6962.DefaultHasher.HashLeaf(entry), path, checkpoint.Hash)
	if err != nil {
		return nil, err
	}
	return answer{"ok": true, "index": p.Index, "size": checkpoint.Size}, nil
}
