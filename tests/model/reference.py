"""The reference: what each key holds, what each ledger saw archived, and what a step may therefore do.

It is a page of rules in the words of README.md and knows nothing of the program: no ETags' meaning, no ledger
format, no order of requests. Contents are named (contents.py), and two contents agree when their names do.
"""

ARCHIVED, ALREADY, FAILED, CONFLICT, WITHHELD = "archived", "already", "failed", "conflict", "withheld"
SUCCESS = {ARCHIVED, ALREADY}


class Reference:
    def __init__(self):
        self.holds = {}  # key: [content name, or None for a delete marker], the oldest first
        self.seen = {}  # ledger: {key: content name that a run with it proved to be there}
        self.knows = {}  # ledger: {key: algorithms of which it has digests of the very write that is there}
        self.perhaps = {}  # ledger: {key: content name} that a killed run with it may have recorded
        self.rewritten = {}  # ledger: keys that another client wrote since a run with it proved what is there
        self.refused = {}  # ledger: keys whose latest attempt ended in a refusal
        self.unheard = {}  # ledger: keys of killed runs, which may have recorded a refusal

    def now(self, key):
        """The content that a reader of the key gets, or None."""
        return self.holds.get(key, [None])[-1] if self.holds.get(key) else None

    # --- deliveries ---

    def outcomes(self, delivery):
        """{key: the outcomes that are right for it}. `delivery.files` is {key: (local, promised)}."""
        right = {key: self._outcomes(self.now(key), local, promised)
                 for key, (local, promised) in delivery.files.items()}
        for key in delivery.lists():
            right[key] = self._withheld(right, key)
        if any(CONFLICT in outcomes for outcomes in right.values()):
            sure = self.dry_run_must_refuse(delivery) or any(right[key] == {CONFLICT} for key in delivery.lists())
            right = {key: self._refused_whole(outcomes, sure) for key, outcomes in right.items()}
        return right

    @staticmethod
    def _refused_whole(outcomes, sure):
        """A conflict that is known before anything is sent stops the delivery; another one stops its key alone."""
        return (outcomes - {ARCHIVED} if sure else outcomes) | {WITHHELD}

    @staticmethod
    def _withheld(right, key):
        """A list is not sent while a file that it names is not archived; what is there already may be known to be."""
        others = [outcomes for other, outcomes in right.items() if other != key]
        if all(outcomes <= SUCCESS for outcomes in others):
            return right[key]
        if any(not outcomes & SUCCESS for outcomes in others):
            return right[key] - {ARCHIVED} | {WITHHELD}
        return right[key] | {WITHHELD}

    @staticmethod
    def _outcomes(held, local, promised):
        good = local == promised
        if held is None:
            return {ARCHIVED} if good else {FAILED}
        if held == promised:
            # A local file that is wrong may be looked at first, or not at all.
            return {ALREADY} if good else {ALREADY, FAILED}
        return {CONFLICT} if good else {CONFLICT, FAILED}

    def writes(self, delivery):
        """{key: content} that the delivery may make visible: nothing is there, and the file keeps its promise."""
        right = self.outcomes(delivery)
        return {key: local for key, (local, promised) in delivery.files.items()
                if self.now(key) is None and local is not None and local == promised and ARCHIVED in right[key]}

    def must_write(self, delivery):
        """Those of them that it has to."""
        right = self.outcomes(delivery)
        return {key: local for key, local in self.writes(delivery).items() if right[key] == {ARCHIVED}}

    def dry_run_must_refuse(self, delivery):
        """A conflict that this ledger's own digests show. Without a common one only the file's bytes could tell."""
        known = self.knows.get(delivery.ledger, {})
        return any(self.now(key) not in (None, promised) and known.get(key, set()) & set(delivery.algorithms)
                   for key, (_, promised) in delivery.files.items())

    def dry_run_must_pass(self, delivery):
        return all(outcomes <= SUCCESS for outcomes in self.outcomes(delivery).values())

    def delivered(self, delivery, outcomes):
        """A run that ended said so: {key: outcome}."""
        ledger = delivery.ledger
        knows = self.knows.setdefault(ledger, {})
        seen, refused = self.seen.setdefault(ledger, {}), self.refused.setdefault(ledger, set())
        for key, outcome in outcomes.items():
            if outcome in SUCCESS:
                self.perhaps.get(ledger, {}).pop(key, None)
                seen[key] = self.now(key)
                self.rewritten.get(ledger, set()).discard(key)
                knows.setdefault(key, {"sha256"}).update(delivery.algorithms_of(key))
                refused.discard(key)
            elif outcome == WITHHELD:
                refused.discard(key)
            else:
                refused.add(key)

    def killed(self, delivery):
        """What it wrote is there, recorded or not; what was there it may have recorded as well."""
        self.unheard.setdefault(delivery.ledger, set()).update(delivery.files)
        perhaps = self.perhaps.setdefault(delivery.ledger, {})
        for key, (_, promised) in delivery.files.items():
            if self.now(key) == promised and self.seen.get(delivery.ledger, {}).get(key) != promised:
                perhaps[key] = promised

    def lost(self, ledger):
        for known in (self.seen, self.knows, self.perhaps, self.rewritten, self.refused, self.unheard):
            known.pop(ledger, None)

    def foreign(self, key):
        """Another client wrote or deleted it: no ledger knows that write."""
        for ledger in self.seen:
            self.rewritten.setdefault(ledger, set()).add(key)
        for known in self.knows.values():
            known.pop(key, None)

    # --- verifications ---

    def promises_of_ledger(self, ledger):
        """What it must check, and what it may."""
        return dict(self.seen.get(ledger, {})), dict(self.perhaps.get(ledger, {}))

    def findings(self, level, key, promised, sized, ledger):
        """The findings that are right for one key."""
        held = self.now(key)
        known = key in self.seen.get(ledger, {}) or key in self.perhaps.get(ledger, {})
        replaced = {"newer-version"} if known or len(self.holds.get(key, [])) > 1 else set()
        if held is None:
            return {"missing"} | replaced
        if held == promised:
            return {"unchanged"} | replaced | ({"unproven"} if level == "stored" else set())
        wrong = {"different-digest", "wrong-size"} | replaced
        if level == "listed" and not sized:
            return wrong | {"unchanged"}  # a list without sizes promises presence alone
        return wrong | ({"unproven"} if level == "stored" else set()) | ({"unchanged"} if level == "listed" else set())

