"""Run by the interpreter that MAJLIS_TLOG_PYTHON names, with aics-tlog and aics-witness: their side of each meeting.

    read FOLDER LOG-VKEY COSIGNER-VKEY...          every tile, bundle and entry of a record, and its checkpoint
    make FOLDER NAME SIZE...                       a log of theirs; prints its key, and its checkpoint at each size
    witness FOLDER NAME LOG-VKEY...                requests in JSON on standard input; prints each status and body
    feed URL WITNESS-VKEY FOLDER LOG-VKEY          hands the checkpoint in a log of theirs to a witness

One line of JSON is the answer; exit code 1 where something does not hold.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import aics_tlog
from aics_tlog import (
    Checkpoint,
    DirectoryTileStore,
    FileSystemTileReader,
    IncrementalTileWriter,
    VerifiedTileReader,
    audit_tiles,
    consistency_proof_from_tiles,
    format_vkey,
    inclusion_proof_from_tiles,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    tree_root_from_tiles,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    vkey_from_ed25519,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def read(folder: str, log: str, *cosigners: str) -> dict:
    note = parse_note((Path(folder) / "checkpoint").read_bytes())
    checkpoint = parse_checkpoint(note.text)
    keys = [parse_vkey(vkey) for vkey in cosigners]
    verified = verify_checkpoint(note, parse_vkey(log), keys, quorum=len(keys), expected_origin=checkpoint.origin)
    assert verified.log_ok, verified.error
    assert verified.ok, verified.error
    reader = FileSystemTileReader(folder)
    report = audit_tiles(reader, checkpoint.size, checkpoint.root)
    entries = VerifiedTileReader(reader, checkpoint.size, checkpoint.root)
    inclusion = consistency = 0
    for index in range(0, checkpoint.size, 7):
        proof = inclusion_proof_from_tiles(reader, index, checkpoint.size)
        leaf = leaf_hash(entries.entry(index))
        assert verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root)
        inclusion += 1
    for old in range(1, checkpoint.size, 97):
        root = tree_root_from_tiles(reader, old, checkpoint.size)
        proof = consistency_proof_from_tiles(reader, old, checkpoint.size)
        assert verify_consistency(old, checkpoint.size, root, checkpoint.root, proof)
        consistency += 1
    return {
        "size": report.size,
        "tiles": report.tiles,
        "bundles": report.bundles,
        "inclusion": inclusion,
        "consistency": consistency,
    }


def make(folder: str, name: str, *sizes: str) -> dict:
    key = Ed25519PrivateKey.generate()
    writer = IncrementalTileWriter(DirectoryTileStore(folder, fsync=False))
    checkpoints = {}
    for size in map(int, sizes):
        writer.append(f"foreign entry {n}".encode() for n in range(writer.size, size))
        checkpoint = Checkpoint(origin=name, size=size, root=writer.root())
        data = sign_checkpoint(checkpoint, key, name).to_bytes()
        checkpoints[size] = data.decode()
        (Path(folder) / "checkpoint").write_bytes(data)
    return {"vkey": format_vkey(vkey_from_ed25519(name, key.public_key())), "checkpoints": checkpoints}


def witness(folder: str, name: str, *logs: str) -> dict:
    from aics_witness.config import LogConfig
    from aics_witness.service import Witness, WitnessError
    from aics_witness.store import WitnessStore

    configured = [LogConfig.from_strings(parse_vkey(vkey).name, [vkey]) for vkey in logs]
    answers = []
    with WitnessStore(Path(folder) / "w.db", create=True) as store:
        keeper = Witness(name, Ed25519PrivateKey.generate(), store, configured)
        for request in json.load(sys.stdin):
            try:
                answers.append([200, keeper.add_checkpoint(base64.b64decode(request)).decode()])
            except WitnessError as refused:
                answers.append([refused.status, refused.body.decode()])
        return {"vkey": format_vkey(keeper.vkey), "answers": answers}


def feed(url: str, witness_vkey: str, folder: str, log: str) -> dict:
    from aics_witness.feeder import WitnessClient, merge_cosignatures

    reader = FileSystemTileReader(folder)
    note = (Path(folder) / "checkpoint").read_bytes()
    with WitnessClient(url, witness_vkey) as client:
        line = client.submit(note, lambda old, new: consistency_proof_from_tiles(reader, old, new))
    merged = merge_cosignatures(note, line)
    key = parse_vkey(witness_vkey)
    verified = verify_checkpoint(parse_note(merged), parse_vkey(log), [key], quorum=1)
    assert verified.ok, verified.error
    return {"line": line}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    try:
        found = {"read": read, "make": make, "witness": witness, "feed": feed}[command](*arguments)
    except (AssertionError, ValueError, OSError) as wrong:
        print(json.dumps({"ok": False, "error": f"{type(wrong).__name__}: {wrong}"}))
        sys.exit(1)
    print(json.dumps({"ok": True, "version": aics_tlog.__version__, **found}))
