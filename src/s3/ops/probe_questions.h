/* Shared by the files of the probe: probe.c above the files of its questions, those above
 * probe_checksum.c and probe_verdict.c. No other file includes this. */
#ifndef ACC_S3_PROBE_QUESTIONS_H
#define ACC_S3_PROBE_QUESTIONS_H

#include "s3/ops/probe.h"

extern const char acc_s3_probe_byte[1]; /* what the part holds */

/* One stage. `asks`: it has a point now; `make`: probe->call is made ready; `read`: the call has
 * ended, `ok` if well. The last may be NULL. */
struct acc_s3_probe_question {
    bool (*asks)(const struct acc_s3_probe *probe);
    void (*make)(struct acc_s3_probe *probe);
    void (*read)(struct acc_s3_probe *probe, bool ok);
};

/* probe_checksum.c: which additional checksum parts get */
void acc_s3_probe_first_checksum(struct acc_s3_probe *probe);
/* Whether all of it is asked again with another checksum, and then: the next one is settled. */
bool acc_s3_probe_tries_another(const struct acc_s3_probe *probe);
void acc_s3_probe_next_checksum(struct acc_s3_probe *probe);
void acc_s3_probe_settle(struct acc_s3_probe *probe);
/* Whether questions about the server have a point: the write was accepted, with this checksum. */
bool acc_s3_probe_learns(const struct acc_s3_probe *probe);

/* probe_digests.c: which wrong digests the server refuses */
extern const struct acc_s3_probe_question acc_s3_ask_hash, acc_s3_ask_sum, acc_s3_ask_md5;
/* probe_abilities.c: what it lists, and whether it knows conditions and versions */
extern const struct acc_s3_probe_question acc_s3_ask_uploads, acc_s3_ask_own, acc_s3_ask_list,
    acc_s3_ask_condition, acc_s3_ask_versioning, acc_s3_ask_versions;

/* probe_verdict.c */
void acc_s3_probe_keep_answer(struct acc_s3_probe *probe);
void acc_s3_probe_note_left_open(struct acc_s3_probe *probe);
/* Sets `fault` and `verdict`. */
void acc_s3_probe_judge(struct acc_s3_probe *probe);

#endif
