"""Runs a sequence's steps in a world and compares each with the reference."""
import checks
import contents
import world as worlds
from checks import Violation, need
from reference import Reference

PROBES = ".accession-probe/"


class Sequence:
    def __init__(self, world, settings):
        self.world, self.settings = world, settings
        self.reference = Reference()
        self.held = world.bucket.versions()
        self.killed = None  # the ledger of a killed run whose claim may still be there
        self.owners = {}  # upload id: the ledger whose killed run left it; None where that was lost

    def run(self, sequence):
        for count, step in enumerate(sequence, 1):
            try:
                getattr(self, "do_" + step.kind)(step)
            except Violation as violation:
                return violation, count
            except worlds.Hang as hang:
                return Violation("hang", str(hang)), count
        return None, len(sequence)

    # --- steps ---

    def do_lose(self, step):
        self.world.lose(step.ledger)
        self.reference.lost(step.ledger)
        self.owners = {upload: None if ledger == step.ledger else ledger for upload, ledger in self.owners.items()}
        self._clear_claims()

    def do_foreign(self, step):
        if step.content is not None:
            self.world.bucket.put(step.key, contents.BODIES[step.content])
        elif self.reference.now(step.key) is not None:
            self.world.bucket.delete(step.key)
        self.reference.foreign(step.key)
        self._look()

    def do_deliver(self, step):
        if self.killed not in (None, step.ledger):
            self._clear_claims()
        if step.kill:
            self._deliver_killed(step)
        elif step.dry:
            self._dry_run(step)
        else:
            self._deliver_whole(step)

    def do_verify(self, step):
        promises, perhaps = step.promises(), {}
        if step.by_ledger:
            promises, perhaps = self.reference.promises_of_ledger(step.ledger)
        lists = [] if step.by_ledger else self.world.lists(step)
        status, out, err = self.world.run("verify", "--json", "--level", step.level, *self.world.run_options(step.ledger),
                                          *lists, self.world.url)
        self._unchanged()
        if status == 2 and step.by_ledger and not promises:
            return  # a check that checked nothing is a failure
        need(status in (0, 1) and (promises or perhaps), "verify-nothing", f"{status}, to check: {promises}, {perhaps}: {err}")
        sized = step.sized or step.by_ledger
        right, maybe = ({key: self.reference.findings(step.level, key, name, sized, step.ledger)
                         for key, name in names.items()} for names in (promises, perhaps))
        held = {key for key in self.reference.holds if self.reference.now(key) is not None}
        checks.verification_is_right(status, worlds.lines_of(out), right, maybe, held)
        self._status(step.ledger)

    # --- deliveries ---

    def _deliver_whole(self, step):
        step = step.with_list()
        right, writes = self.reference.outcomes(step), self.reference.writes(step)
        must = self.reference.must_write(step)
        if step.watch:
            done, receipt, why = self.world.deliver_watched(step)
            need(receipt is not None, "no-receipt", why)
            status, summary = 0 if done else 1, None
        else:
            status, out, err = self.world.deliver(step)
            summary = worlds.lines_of(out).get("summary", [{}])[-1]
            need("receipt" in summary, "no-receipt", f"exit status {status}: {err}{summary}")
            receipt = worlds.load(summary["receipt"])
        before = self.held
        self._look()
        checks.bucket_changed_only_by(before, self.held, writes, must)
        # First what is worst: success over other content.
        for key, (_, promised) in step.files.items():
            need(status != 0 or self.reference.now(key) == promised, "false-success",
                 f"exit status 0, and {key} holds {self.reference.now(key)}, promised is {promised}")
        outcomes = checks.outcomes_are_right(receipt, right)
        checks.exit_status_is_right(status, outcomes)
        checks.receipt_is_right(receipt, step, self.held)
        if summary:
            checks.summary_is_right(summary, status, outcomes)
        checks.nothing_left_open({upload: key for upload, key in self.world.bucket.uploads().items()
                                  if self.owners.get(upload, step.ledger) == step.ledger}, self.owners, outcomes)
        self.killed = None
        self.reference.delivered(step, outcomes)
        self._reports(step.ledger, receipt, outcomes)

    def _deliver_killed(self, step):
        step = step.with_list()
        writes, must = self.reference.writes(step), self.reference.must_write(step)
        killed = self.world.deliver_killed(step)
        before = self.held
        self._look()
        checks.bucket_changed_only_by(before, self.held, writes, {} if killed else must)
        self.killed = step.ledger
        for upload in self.world.bucket.uploads():
            self.owners.setdefault(upload, step.ledger)
        self.reference.killed(step)
        self._status(step.ledger)

    def _dry_run(self, step):
        step = step.with_list()
        must_refuse, must_pass = self.reference.dry_run_must_refuse(step), self.reference.dry_run_must_pass(step)
        status, _, err = self.world.deliver(step)
        self._unchanged()
        need(status in (0, 1), "dry-status", f"{status}: {err}")
        need(status == 1 or not must_refuse, "dry-status", "0, and the ledger's own digests show a conflict")
        need(status == 0 or not must_pass, "dry-status", f"1, and nothing is wrong: {err}")

    # --- what is looked at ---

    def _look(self):
        self.held = self.world.bucket.versions()
        self.reference.holds = checks.names_of(self.held)

    def _unchanged(self):
        before = self.held
        self._look()
        checks.bucket_changed_only_by(before, self.held, {}, {})

    def _clear_claims(self):
        """A lifecycle rule's work, for claims that only a lost ledger or five minutes would free."""
        for upload, key in self.world.bucket.uploads().items():
            if key.startswith(PROBES):
                self.world.bucket.abort(key, upload)
        self.killed = None

    def _status(self, ledger):
        if not self.world.has_ledger(ledger):
            return
        ((out, status),) = self.world.run_together(["status", "--json", *self.world.ledger_options(ledger)])
        if status == 2 and ledger not in self.reference.seen:
            return  # killed before its first run began: the ledger is empty
        need(status == 0, "status", f"exit status {status}")
        checks.status_is_right(worlds.lines_of(out.decode()), self.world.url, self.reference, ledger)

    def _reports(self, ledger, receipt, outcomes):
        name, options = receipt["run"]["name"], self.world.ledger_options(ledger)
        formats = ("json", "manifest", "csv", "premis")
        answers = self.world.run_together(
            ["status", "--json", *options],
            *(["report", "--format", form, "--run", name, *options] for form in formats))
        for (_, status), what in zip(answers, ("status",) + formats):
            need(status == 0, f"report-{what}", f"exit status {status}")
        said, *reports = [out.decode() for out, _ in answers]
        checks.status_is_right(worlds.lines_of(said), self.world.url, self.reference, ledger)
        checks.json_report_is_right(reports[0], receipt)
        checks.manifest_report_is_right(reports[1], outcomes, self.held)
        checks.csv_report_is_right(reports[2], outcomes, self.held)
        checks.premis_report_is_right(reports[3], self.world.url, receipt, outcomes, self.held)
