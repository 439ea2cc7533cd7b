/* The rules (verify/check_rules.h). Each level is a function; what is wrong is completed by
 * `explain`, which asks for what a person needs to know, then words it. */
#include "verify/check_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "verify/evidence.h"

const struct acc_archived *acc_rules_archived(const struct acc_row *row)
{
    unsigned shared;
    if (row->archived_run == 0)
        return NULL;
    if (row->entry.promised.present == 0) /* it is itself what is promised */
        return &row->archived;
    bool agrees =
        acc_digests_differ(&row->entry.promised, &row->archived.digests, &shared) == ACC_ALG_COUNT;
    return agrees && shared > 0 ? &row->archived : NULL;
}

int64_t acc_rules_size(const struct acc_row *row)
{
    const struct acc_archived *archived = acc_rules_archived(row);
    return row->entry.size >= 0 ? row->entry.size : archived != NULL ? archived->size : -1;
}

static enum acc_question conclude(struct acc_verdict *v, enum acc_finding finding,
                                  enum acc_proof proof, const char *detail)
{
    v->finding = finding;
    v->proof = proof;
    snprintf(v->detail, sizeof v->detail, "%s", detail);
    return ACC_ASK_NOTHING;
}

/* Only the gate says "unchanged"; what it was not shown enough of is unproven. */
static enum acc_question unchanged(const struct acc_facts *f, struct acc_verdict *v,
                                   struct acc_gate_finding found, const char *detail)
{
    found.expected = f->size;
    if (f->archived != NULL) {
        found.recorded_digests = &f->archived->digests;
        found.recorded_version = f->archived->version_id;
    }
    v->unchanged = acc_gate_unchanged(f->entry, &found);
    if (v->unchanged == NULL)
        return conclude(v, ACC_FINDING_UNPROVEN, ACC_PROOF_NONE, "nothing was compared");
    return conclude(v, ACC_FINDING_UNCHANGED, acc_unchanged_by(v->unchanged), detail);
}

/* ---- what else is known ---- */

static bool same_digests(const struct acc_facts *f, const struct acc_digests *found)
{
    unsigned shared;
    return acc_digests_differ(&f->entry->promised, found, &shared) == ACC_ALG_COUNT && shared > 0;
}

static const char *archived_version(const struct acc_facts *f)
{
    return f->archived != NULL ? f->archived->version_id : "";
}

/* Both known, and not the same. */
static bool other(const char *a, const char *b)
{
    return *a != '\0' && *b != '\0' && strcmp(a, b) != 0;
}

static bool is_replaced(const struct acc_facts *f, const char *etag, const char *version_id)
{
    return f->archived != NULL &&
           (other(etag, f->archived->etag) || other(version_id, f->archived->version_id));
}

/* The question to ask before a difference is reported; ACC_ASK_NOTHING when all is known. */
static enum acc_question explain(const struct acc_facts *f)
{
    if (f->look.answer == ACC_ANSWER_NONE)
        return ACC_ASK_LOOK;
    bool beneath = f->look.archived_there && *archived_version(f) != '\0' &&
                   (f->look.top_deleted || strcmp(f->look.top_version, archived_version(f)) != 0);
    if (f->level == ACC_LEVEL_READ && beneath && f->bound.answer == ACC_ANSWER_NONE)
        return ACC_ASK_BOUND;
    return ACC_ASK_NOTHING;
}

static void tell_archived(const struct acc_facts *f, struct acc_str *out)
{
    static const char *const states[] = {
        [ACC_ANSWER_NONE] = "",
        [ACC_ANSWER_YES] = ", unchanged",
        [ACC_ANSWER_MISSING] = ", but cannot be found",
        [ACC_ANSWER_DENIED] = ", but may not be read (403)",
        [ACC_ANSWER_CHANGED] = "",
        [ACC_ANSWER_COLD] = ", in a storage class that cannot be read now",
        [ACC_ANSWER_REFUSED] = ", but cannot be read",
    };
    bool harmed = f->bound.answer == ACC_ANSWER_YES && !same_digests(f, &f->bound.digests);
    acc_str_addf(out, "the archived version %s ", archived_version(f));
    if (!f->look.archived_there)
        acc_str_add(out, "is gone");
    else
        acc_str_addf(out, "still exists%s",
                     harmed ? ", but HAS CHANGED too" : states[f->bound.answer]);
}

static void tell_day(struct acc_str *out, int64_t at)
{
    char time[ACC_TIME_TEXT];
    if (at != 0)
        acc_str_addf(out, " of %.10s", acc_time_show(at, time));
}

/* The finding for a version on top of the archived one, if there is one. */
static void tell_top(const struct acc_facts *f, struct acc_str *out)
{
    const char *ours = archived_version(f), *top = f->look.top_version;
    const char *comma = out->len > 0 ? "; " : "";
    if (f->look.answer != ACC_ANSWER_YES || f->look.top_deleted)
        return;
    if (*ours != '\0' && other(top, ours)) {
        acc_str_addf(out, "%snewer version %s", comma, top);
        tell_day(out, f->look.top_modified);
        acc_str_add(out, "; ");
        tell_archived(f, out);
    } else if (f->archived != NULL && other(f->look.top_etag, f->archived->etag)) {
        acc_str_addf(out, "%swritten again since it was archived, the write", comma);
        tell_day(out, f->look.top_modified);
    } else if (f->archived == NULL && f->look.versions > 1) {
        acc_str_addf(out, "%sthe newest of %u versions, that", comma, f->look.versions);
        tell_day(out, f->look.top_modified);
    }
}

static enum acc_question wrong(const struct acc_facts *f, struct acc_verdict *v,
                               enum acc_finding finding, enum acc_proof proof, const char *detail)
{
    enum acc_question next = explain(f);
    if (next != ACC_ASK_NOTHING)
        return next;
    struct acc_str text = {0};
    acc_str_add(&text, detail);
    tell_top(f, &text);
    conclude(v, finding, proof, acc_str_cstr(&text));
    acc_str_release(&text);
    return ACC_ASK_NOTHING;
}

/* ---- findings that any level may come to ---- */

static enum acc_question missing(const struct acc_facts *f, struct acc_verdict *v)
{
    enum acc_question next = explain(f);
    if (next != ACC_ASK_NOTHING)
        return next;
    struct acc_str text = {0};
    const char *ours = archived_version(f);
    if (f->look.answer != ACC_ANSWER_YES) {
        acc_str_add(&text, "the server did not say whether older versions exist");
    } else if (f->look.top_deleted) {
        acc_str_add(&text, "a delete marker");
        tell_day(&text, f->look.top_modified);
        acc_str_add(&text, " is on top; ");
        if (*ours != '\0')
            tell_archived(f, &text);
        else
            acc_str_addf(&text, "%u older version%s still exist%s", f->look.versions,
                         f->look.versions == 1 ? "" : "s", f->look.versions == 1 ? "s" : "");
    } else if (f->look.versions > 0) {
        acc_str_add(&text, "appeared again while this was being checked");
    } else {
        acc_str_add(&text, "no version of it exists");
    }
    conclude(v, ACC_FINDING_MISSING, ACC_PROOF_NONE, acc_str_cstr(&text));
    acc_str_release(&text);
    return ACC_ASK_NOTHING;
}

static enum acc_question wrong_size(const struct acc_facts *f, struct acc_verdict *v, int64_t size,
                                    enum acc_proof proof)
{
    char text[96], has[32], wants[32];
    snprintf(text, sizeof text, "%s of %s bytes", acc_show_count((unsigned long long)size, has),
             acc_show_count((unsigned long long)f->size, wants));
    return wrong(f, v, ACC_FINDING_SIZE, proof, text);
}

/* Answers that end the check at any level. */
static enum acc_question unanswered(const struct acc_facts *f, struct acc_verdict *v,
                                    enum acc_answer answer)
{
    switch (answer) {
    case ACC_ANSWER_MISSING:
        return missing(f, v);
    case ACC_ANSWER_COLD:
        return conclude(v, ACC_FINDING_COLD, ACC_PROOF_NONE,
                        "in an archive storage class; restore it, then verify again");
    case ACC_ANSWER_DENIED:
        return conclude(v, ACC_FINDING_UNREADABLE, ACC_PROOF_NONE,
                        "these credentials may not read it (403)");
    default:
        return conclude(v, ACC_FINDING_UNREADABLE, ACC_PROOF_NONE, f->refusal);
    }
}

/* The content is as promised, but it is not the write that was archived. Without versions nothing
 * was lost by that. With versions, an unexplained one lies on top. */
static enum acc_question same_but_replaced(const struct acc_facts *f, struct acc_verdict *v,
                                           const struct acc_gate_finding *found)
{
    const char *ours = archived_version(f);
    enum acc_question next = explain(f);
    if (next != ACC_ASK_NOTHING)
        return next;
    if (*ours == '\0' || strcmp(ours, "null") == 0 || !other(f->look.top_version, ours))
        return unchanged(f, v, *found,
                         "written again since it was archived, with the same content");
    return wrong(f, v, ACC_FINDING_REPLACED, found->proof, "the same content");
}

/* ---- the levels ---- */

static enum acc_question listed(const struct acc_facts *f, struct acc_verdict *v)
{
    enum acc_proof proof = f->size >= 0 ? ACC_PROOF_LISTED : ACC_PROOF_PRESENCE;
    struct acc_gate_finding found = {.proof = proof, .listing = f->listed};
    if (f->listed == ACC_LISTING_FITS)
        return unchanged(f, v, found, "");
    if (f->listed == ACC_LISTING_ABSENT)
        return missing(f, v);
    if (f->head.answer == ACC_ANSWER_NONE)
        return ACC_ASK_HEAD;
    if (f->head.answer != ACC_ANSWER_YES)
        return unanswered(f, v, f->head.answer);
    const struct acc_s3_object *o = &f->head.object;
    found.listing =
        acc_gate_listing(f->size, f->archived != NULL ? f->archived->etag : NULL, o->size, o->etag);
    if (found.listing == ACC_LISTING_SIZE)
        return wrong_size(f, v, o->size, proof);
    if (is_replaced(f, o->etag, o->version_id))
        return wrong(f, v, ACC_FINDING_REPLACED, proof, "");
    return unchanged(f, v, found, "");
}

static enum acc_question stored(const struct acc_facts *f, struct acc_verdict *v)
{
    struct acc_evidence evidence;
    if (f->listed == ACC_LISTING_ABSENT)
        return missing(f, v);
    if (f->head.answer == ACC_ANSWER_NONE)
        return ACC_ASK_HEAD;
    if (f->head.answer != ACC_ANSWER_YES)
        return unanswered(f, v, f->head.answer);
    const struct acc_s3_object *o = &f->head.object;
    if (f->size >= 0 && o->size != f->size)
        return wrong_size(f, v, o->size, ACC_PROOF_LISTED);
    acc_evidence_weigh(o, &f->entry->promised, f->archived, &evidence);
    if (evidence.differs)
        return wrong(f, v, ACC_FINDING_DIFFERENT, evidence.against, evidence.text);
    const struct acc_gate_finding found = {.proof = evidence.proof,
                                           .size = o->size,
                                           .stated = evidence.stated,
                                           .recorded = evidence.wanted};
    bool proven = evidence.proof < ACC_PROOF_CLAIM;
    if (is_replaced(f, o->etag, o->version_id))
        return proven ? same_but_replaced(f, v, &found)
                      : wrong(f, v, ACC_FINDING_REPLACED, evidence.proof, "");
    if (proven)
        return unchanged(f, v, found, "");
    return conclude(v, ACC_FINDING_UNPROVEN, evidence.proof,
                    evidence.proof == ACC_PROOF_CLAIM
                        ? "the server keeps no checksum to compare with; x-amz-meta-sha256 agrees, "
                          "but that is a claim, not a proof"
                        : "the server keeps no checksum to compare with");
}

static enum acc_question different(const struct acc_facts *f, struct acc_verdict *v,
                                   enum acc_alg alg)
{
    /* Replaced while it was read: what counts is what is there now. */
    if (f->look.answer == ACC_ANSWER_YES && !f->look.top_deleted &&
        other(f->look.top_etag, f->read.etag) && f->rereads < ACC_REREADS_MAX)
        return ACC_ASK_READ_ANY;
    char found[ACC_DIGEST_MAX * 2 + 1], text[96];
    acc_digests_hex(&f->read.digests, alg, found);
    snprintf(text, sizeof text, "%s is %.4s…%s", acc_alg_name(alg), found,
             found + strlen(found) - 4);
    return wrong(f, v, ACC_FINDING_DIFFERENT, ACC_PROOF_READ, text);
}

static enum acc_question read_level(const struct acc_facts *f, struct acc_verdict *v)
{
    unsigned shared;
    if (f->listed == ACC_LISTING_ABSENT)
        return missing(f, v);
    if (f->read.answer == ACC_ANSWER_NONE)
        return f->listed == ACC_LISTING_ETAG ? ACC_ASK_READ_ANY : ACC_ASK_READ;
    if (f->read.answer == ACC_ANSWER_CHANGED)
        return ACC_ASK_READ_ANY;
    if (f->read.answer != ACC_ANSWER_YES)
        return unanswered(f, v, f->read.answer);
    if (f->size >= 0 && f->read.size != f->size)
        return wrong_size(f, v, f->read.size, ACC_PROOF_READ);
    enum acc_alg alg = acc_digests_differ(&f->entry->promised, &f->read.digests, &shared);
    if (alg != ACC_ALG_COUNT)
        return different(f, v, alg);
    if (f->entry->promised.present == 0)
        return conclude(v, ACC_FINDING_UNPROVEN, ACC_PROOF_NONE,
                        "nothing is known of its content to compare with");
    if (shared == 0 || (f->entry->promised.present & ~f->read.digests.present) != 0)
        return conclude(
            v, ACC_FINDING_UNPROVEN, ACC_PROOF_NONE,
            "some of the manifest's digests cannot be computed here (OpenSSL lacks the algorithm)");
    bool bound = *archived_version(f) != '\0' && strcmp(archived_version(f), "null") != 0;
    struct acc_gate_finding found = {.proof = ACC_PROOF_READ,
                                     .size = f->read.size,
                                     .read = &f->read.digests,
                                     .version = f->read.version_id};
    if (is_replaced(f, f->read.etag, f->read.version_id))
        return same_but_replaced(f, v, &found);
    if (bound && strcmp(archived_version(f), f->read.version_id) == 0)
        found.proof = ACC_PROOF_READ_VERSION;
    return unchanged(f, v, found, "");
}

enum acc_question acc_rules_next(const struct acc_facts *facts, struct acc_verdict *verdict)
{
    static enum acc_question (*const levels[ACC_LEVEL_COUNT])(const struct acc_facts *,
                                                              struct acc_verdict *) = {
        [ACC_LEVEL_LISTED] = listed, [ACC_LEVEL_STORED] = stored, [ACC_LEVEL_READ] = read_level};
    return levels[facts->level](facts, verdict);
}
