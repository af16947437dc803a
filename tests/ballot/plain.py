"""The obvious twin of everything that makes ballots, keys, shares and shuffles: the formulas of spec/ballot.md in plain
integers, in any group, one after the other as they are written there.

It keeps no secret and takes no care of time. Two uses: with the same chance it must give the same bytes as the program
in Ed25519; and it makes the finite-field archives that older verifiers read, which the program itself never makes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from majlis.ballot import ChoiceQuestion, Election, RankedQuestion, Tally
from majlis.crypto import Group, Point, challenge

Pair = tuple[Point, Point]
Json = dict[str, Any]


def dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Plain:
    """A maker in one group, with its chance."""

    def __init__(self, group: Group, chance: Callable[[int], bytes]) -> None:
        self.group, self.chance, self.q = group, chance, group.order

    def rand(self) -> int:
        return int.from_bytes(self.chance(64), "little") % self.q

    def g(self, x: int) -> Point:
        return self.group.raise_generator(x)

    def pow(self, a: Point, x: int) -> Point:
        return self.group.power(a, x)

    def mul(self, *points: Point) -> Point:
        return self.group.product(points)

    def text(self, point: Point) -> str:
        return self.group.format(point)

    def pair(self, pair: Pair) -> Json:
        return {"alpha": self.text(pair[0]), "beta": self.text(pair[1])}

    def hash(self, prefix: str, *points: Point) -> int:
        return challenge(prefix, [self.text(point) for point in points], self.q)

    def proof(self, c: int, r: int) -> Json:
        return {"challenge": str(c % self.q), "response": str(r % self.q)}

    def knows(self, x: int, prefix: str) -> Json:
        w = self.rand()
        c = self.hash(prefix, self.g(w))
        return self.proof(c, w - x * c)

    def same(self, x: int, base: Point, prefix: str) -> Json:
        w = self.rand()
        c = self.hash(prefix, self.g(w), self.pow(base, w))
        return self.proof(c, w - x * c)

    def one_of(
        self, y: Point, prefix: str, statements: Sequence[tuple[Pair, int]], true: int, randomness: int
    ) -> list[Json]:
        """Section 8, the disjunction: statement j says that pair j encrypts the number beside it."""
        chosen: dict[int, tuple[int, int]] = {}
        for j in range(len(statements)):
            if j != true:
                chosen[j] = (self.rand(), self.rand())
        w = self.rand()
        commitments: list[Point] = []
        for j, ((a, b), number) in enumerate(statements):
            if j == true:
                commitments += [self.g(w), self.pow(y, w)]
                continue
            c, r = chosen[j]
            less = self.group.divide(b, self.g(number))
            commitments += [self.mul(self.g(r), self.pow(a, c)), self.mul(self.pow(y, r), self.pow(less, c))]
        c_true = self.hash(prefix, *commitments) - sum(c for c, _ in chosen.values())
        chosen[true] = (c_true, w - randomness * c_true)
        return [self.proof(*chosen[j]) for j in range(len(statements))]

    def trustee_key(self, name: str | None = None) -> tuple[int, Json]:
        """Section 4."""
        x = self.rand()
        public = self.text(self.g(x))
        key: Json = {"pok": self.knows(x, f"pok|{self.group.name}|{public}|"), "public_key": public}
        return x, key if name is None else key | {"name": name}

    def signed(self, x: int, message: str) -> Json:
        return {"message": message, "signature": self.knows(x, f"sigmsg|{message}|")}

    def threshold_keys(self, size: int, threshold: int) -> tuple[list[int], Json]:
        """Section 5, all members played by one: their shares, and P."""
        numbers = range(1, size + 1)
        sk = [self.rand() for _ in numbers]
        certs = []
        for i, x in zip(numbers, sk, strict=True):
            context = {"group": self.group.name, "size": size, "threshold": threshold, "index": i}
            keys = {"verification": self.text(self.g(x)), "encryption": self.text(self.g(self.rand()))}
            certs.append(self.signed(x, dumped({"context": context, **keys}).decode()))
        polynomials = [[self.rand() for _ in range(threshold)] for _ in numbers]
        coefexps, signatures = [], []
        for x, polynomial in zip(sk, polynomials, strict=True):
            points = [self.text(self.g(a)) for a in polynomial]
            coefexps.append(self.signed(x, dumped({"coefexps": points}).decode()))
            seen = "certs_sig|" + dumped({"certs": certs, "coefexps": points}).decode()
            signatures.append(self.signed(x, seen)["signature"])
        shares = [sum(a * j**k for p in polynomials for k, a in enumerate(p)) % self.q for j in numbers]
        keys_of_shares = []
        for x, share in zip(sk, shares, strict=True):
            public = self.text(self.g(share))
            pok = self.knows(share, f"pok|{self.group.name}|{public}|")
            keys_of_shares.append({"pok": pok, "public_key": public, "signature": self.signed(x, public)["signature"]})
        return shares, {
            "threshold": threshold,
            "certs": certs,
            "coefexps": coefexps,
            "signatures": signatures,
            "verification_keys": keys_of_shares,
        }

    def ballot(self, election: Election, x: int, votes: Sequence[Sequence[int] | None]) -> bytes:
        """Sections 7 to 9."""
        credential = self.text(self.g(x))
        s0 = f"{election.fingerprint}|{credential}"
        answers = [
            self.ranking(election, question, vote, s0)
            if isinstance(question, RankedQuestion)
            else self.choice(election, question, vote, s0)
            for question, vote in zip(election.questions, votes, strict=True)
        ]
        ballot = {
            "election_uuid": election.uuid,
            "election_hash": election.fingerprint,
            "credential": credential,
            "answers": answers,
        }
        h = self.b64(dumped(ballot))
        return dumped(ballot | {"signature": {"hash": h, "proof": self.knows(x, f"sig|{h}|")}})

    @staticmethod
    def b64(data: bytes) -> str:
        return base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")

    def printed(self, pair: Pair) -> str:
        return f"{self.text(pair[0])},{self.text(pair[1])}"

    def ranking(self, election: Election, question: RankedQuestion, vote: Sequence[int] | None, s0: str) -> Json:
        y, r = election.public_key, self.rand()
        xi = self.group.point_of_ranks(vote or [0] * len(question.answers))
        pair = (self.g(r), self.mul(self.pow(y, r), xi))
        prefix = f"raweg|{s0}|{self.text(y)},{self.printed(pair)}|"
        return {"choices": self.pair(pair), "proof": self.knows(r, prefix)}

    def choice(self, election: Election, question: ChoiceQuestion, vote: Sequence[int] | None, s0: str) -> Json:
        y = election.public_key
        if question.blank:
            slots = [1] + [0] * len(question.answers) if vote is None else [0, *vote]
        else:
            slots = list(vote or [])
        rs: list[int] = []
        pairs: list[Pair] = []
        individual = []
        for m in slots:
            r = self.rand()
            pair = (self.g(r), self.mul(self.pow(y, r), self.g(m)))
            individual.append(self.one_of(y, f"prove|{s0}|{self.printed(pair)}|", [(pair, 0), (pair, 1)], m, r))
            rs.append(r)
            pairs.append(pair)
        s = f"{s0}|" + ",".join(self.printed(pair) for pair in pairs)
        answer: Json = {"choices": [self.pair(pair) for pair in pairs], "individual_proofs": individual}
        first = 1 if question.blank else 0
        total = (self.mul(*(a for a, _ in pairs[first:])), self.mul(*(b for _, b in pairs[first:])))
        number, r_total = sum(slots[first:]), sum(rs[first:])
        cases = [(total, m) for m in range(question.min, question.max + 1)]
        if not question.blank:
            prefix = f"prove|{s}|{self.printed(total)}|"
            return answer | {"overall_proof": self.one_of(y, prefix, cases, number - question.min, r_total)}
        is_blank = slots[0] == 1
        true, randomness = (1, r_total) if is_blank else (0, rs[0])
        blank = self.one_of(y, f"bproof0|{s}|", [(pairs[0], 0), (total, 0)], true, randomness)
        true, randomness = (0, rs[0]) if is_blank else (1 + number - question.min, r_total)
        overall = self.one_of(y, f"bproof1|{s}|", [(pairs[0], 1), *cases], true, randomness)
        return answer | {"overall_proof": overall, "blank_proof": blank}

    def share(self, election: Election, tally: Tally, x: int) -> bytes:
        """Section 12."""
        prefix = f"decrypt|{election.fingerprint}|{self.text(self.g(x))}|"
        factors, proofs = [], []
        for column in tally.ciphertexts:
            factors.append([self.text(self.pow(alpha, x)) for alpha, _ in column])
            proofs.append([self.same(x, alpha, prefix) for alpha, _ in column])
        return dumped({"decryption_factors": factors, "decryption_proofs": proofs})

    def shuffle(self, election: Election, tally: Tally) -> bytes:
        """Section 11, lists counted from 1 as there: place 0 is not used."""
        ranked = [i for i, question in enumerate(election.questions) if isinstance(question, RankedQuestion)]
        made = [self.shuffle_one(election, list(tally.ciphertexts[i])) for i in ranked]
        ciphertexts = [[self.pair(pair) for pair in after] for after, _ in made]
        return dumped({"ciphertexts": ciphertexts, "proofs": [proof for _, proof in made]})

    def shuffle_one(self, election: Election, before: Sequence[Pair]) -> tuple[list[Pair], list[Any]]:
        n, y, phi, q = len(before), election.public_key, election.fingerprint, self.q
        e: list[Any] = [None, *before]
        numbers = range(1, n + 1)
        j: list[int] = [0] * (n + 1)
        places = list(numbers)
        for i in range(n):
            k = i + int.from_bytes(self.chance(32), "big") % (n - i)
            j[i + 1] = places[k]
            places[k] = places[i]
        r_new = [0, *(self.rand() for _ in numbers)]
        new: list[Any] = [None]
        new += [(self.mul(e[i][0], self.g(r_new[i])), self.mul(e[i][1], self.pow(y, r_new[i]))) for i in numbers]
        e_after: list[Any] = [None, *(new[j[i]] for i in numbers)]
        h: list[Any] = [self.group.independent_generator(-1)]
        h += [self.group.independent_generator(i - 1) for i in numbers]
        r, c = [0] * (n + 1), [h[0]] * (n + 1)
        for i in numbers:
            r[j[i]] = self.rand()
            c[j[i]] = self.mul(self.g(r[j[i]]), h[i])

        def string(points: Sequence[Point]) -> str:
            return "".join(f"{self.text(point)}," for point in points)

        def string_of_pairs(pairs: Sequence[Pair]) -> str:
            return "".join(f"{self.printed(pair)}," for pair in pairs)

        st1 = string_of_pairs(e[1:]) + string_of_pairs(e_after[1:]) + string(c[1:])
        hx = sha(f"shuffle-challenges|{phi}|{st1}")
        u = [0, *(int(sha(hx + sha(str(i - 1))), 16) % q for i in numbers)]
        u_after = [0, *(u[j[i]] for i in numbers)]
        rh, ch = [0, *(self.rand() for _ in numbers)], [h[0]]
        for i in numbers:
            ch.append(self.mul(self.g(rh[i]), self.pow(ch[i - 1], u_after[i])))
        om = [0, *(self.rand() for _ in range(4))]
        oh, op = [0, *(self.rand() for _ in numbers)], [0, *(self.rand() for _ in numbers)]
        t1, t2 = self.g(om[1]), self.g(om[2])
        t3 = self.mul(self.g(om[3]), *(self.pow(h[i], op[i]) for i in numbers))
        t41 = self.mul(self.pow(y, -om[4]), *(self.pow(e_after[i][1], op[i]) for i in numbers))
        t42 = self.mul(self.g(-om[4]), *(self.pow(e_after[i][0], op[i]) for i in numbers))
        th = [h[0], *(self.mul(self.g(oh[i]), self.pow(ch[i - 1], op[i])) for i in numbers)]
        text = string([t1, t2, t3, t41, t42]) + string(th[1:]) + st1 + string(ch[1:]) + self.text(y)
        cc = int(sha(f"shuffle-challenge|{phi}|{text}"), 16) % q
        v = [1] * (n + 1)
        for i in range(n - 1, 0, -1):
            v[i] = u_after[i + 1] * v[i + 1]
        s1 = om[1] + cc * sum(r)
        s2 = om[2] + cc * sum(rh[i] * v[i] for i in numbers)
        s3 = om[3] + cc * sum(r[i] * u[i] for i in numbers)
        s4 = om[4] + cc * sum(r_new[i] * u[i] for i in numbers)
        sh = [str((oh[i] + cc * rh[i]) % q) for i in numbers]
        sp = [str((op[i] + cc * u_after[i]) % q) for i in numbers]

        def texts(points: Sequence[Point]) -> list[str]:
            return [self.text(point) for point in points]

        commitments = [*texts([t1, t2, t3]), texts([t41, t42]), texts(th[1:])]
        responses = [*(str(s % q) for s in (s1, s2, s3, s4)), sh, sp]
        return e_after[1:], [commitments, responses, texts(c[1:]), texts(ch[1:])]
