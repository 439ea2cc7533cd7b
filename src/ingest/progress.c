/* What the run reports: events made from its state. Nothing is kept here, and nothing fails. */

#include "base/clock.h"
#include "base/mem.h"
#include "ingest/run.h"

static void emit(struct acc_run *run, const struct acc_event *event)
{
    if (run->options->on_event != NULL)
        run->options->on_event(run->options->arg, event);
}

void acc_run_note(struct acc_run *run, enum acc_code code, const char *text)
{
    if (run->run_begun && run->ledger != NULL) {
        struct acc_record record = {
            .kind = ACC_RECORD_NOTE, .run = run->id, .code = code, .reason = text};
        acc_ledger_post(run->ledger, &record);
    }
    emit(run, &(struct acc_event){.kind = ACC_EVENT_NOTE, .code = code, .text = text});
}

void acc_run_state(struct acc_run *run, const char *text)
{
    emit(run, &(struct acc_event){.kind = ACC_EVENT_STATE, .text = text});
}

static int64_t bytes_in_progress(const struct acc_run *run)
{
    int64_t bytes = 0;
    ACC_LIST_EACH (link, &run->sending.uploads) {
        bytes += ACC_CONTAINER_OF(link, struct acc_upload, link)->multipart.bytes_sent;
    }
    return bytes;
}

int64_t acc_run_bytes_done(const struct acc_run *run)
{
    return run->counts.bytes_done + bytes_in_progress(run);
}

int64_t acc_run_bytes_new(const struct acc_run *run)
{
    int64_t bytes = run->counts.bytes_sent;
    ACC_LIST_EACH (link, &run->sending.uploads) {
        const struct acc_upload *upload = ACC_CONTAINER_OF(link, struct acc_upload, link);
        bytes += upload->multipart.bytes_sent - upload->multipart.bytes_kept;
    }
    return bytes;
}

static const char *doing(const struct acc_upload *upload)
{
    static const char *const as_people_say[ACC_UPLOAD_STATE_COUNT] = {
        [ACC_UPLOAD_ADOPTING] = "resuming", [ACC_UPLOAD_TRANSFERRING] = "hashing and sending",
        [ACC_UPLOAD_GATING] = "comparing",  [ACC_UPLOAD_COMPLETING] = "completing",
        [ACC_UPLOAD_PROVING] = "comparing", [ACC_UPLOAD_RECORDING] = "recording",
        [ACC_UPLOAD_HELD] = "waiting",      [ACC_UPLOAD_RESTARTING] = "starting again",
        [ACC_UPLOAD_ABORTING] = "refusing", [ACC_UPLOAD_PARKING] = "parking",
    };
    const char *text = as_people_say[upload->state];
    return text != NULL ? text : "opening";
}

static void add_current(const struct acc_run *run, struct acc_progress *progress)
{
    ACC_LIST_EACH (link, &run->sending.uploads) {
        const struct acc_upload *upload = ACC_CONTAINER_OF(link, struct acc_upload, link);
        if (!upload->large || progress->current_count == ACC_PROGRESS_FILES)
            continue;
        unsigned at = progress->current_count++;
        progress->current[at].path = upload->entry.path;
        progress->current[at].done = upload->multipart.bytes_sent;
        progress->current[at].size = upload->file.size > 0 ? upload->file.size : upload->planned;
        progress->current[at].doing = doing(upload);
    }
}

void acc_run_report_progress(struct acc_run *run, enum acc_event_kind kind)
{
    const struct acc_s3_stats *stats = acc_s3_stats(run->s3);
    bool compares = run->machine.phase == ACC_PHASE_COMPARING;
    struct acc_progress progress = {
        .activity = compares ? "Comparing" : "Archiving",
        .run = run->name,
        .source = run->source.path,
        .url = run->location.url,
        .files = run->counts.files,
        .files_done = compares ? run->counts.done + run->comparing.files - run->comparing.refused
                               : run->counts.done,
        .bytes = run->counts.bytes_total,
        .bytes_done = run->machine.phase == ACC_PHASE_PLANNING
                          ? acc_plan_notes_read(&run->planning.notes)
                      : compares ? run->comparing.bytes
                                 : acc_run_bytes_done(run),
        .sent = run->counts.sent,
        .already = run->counts.already,
        .failed = run->counts.failed + run->counts.conflicts,
        .retries = stats->retries,
        .last_retry = stats->last_retry,
        .elapsed = acc_clock_now() - run->started,
        .bytes_per_second = acc_samples_rate(&run->samples),
    };
    add_current(run, &progress);
    emit(run, &(struct acc_event){.kind = kind, .progress = &progress});
}

static void emit_file(struct acc_run *run, const struct acc_file_event *file)
{
    emit(run, &(struct acc_event){
                  .kind = ACC_EVENT_FILE, .code = file->code, .text = file->reason, .file = file});
}

void acc_run_report_upload(struct acc_run *run, const struct acc_upload *upload)
{
    bool done = upload->state == ACC_UPLOAD_DONE;
    bool conflict = !done && upload->err.code == ACC_CONFLICT;
    bool differs = !done && upload->err.code == ACC_DIGEST;
    const struct timespec *modified = &upload->file.job_only.content.file.st.st_mtim;
    struct acc_file_event file = {
        .path = upload->entry.path,
        .key = acc_str_cstr(&upload->key),
        .outcome = done       ? (upload->already ? ACC_OUTCOME_ALREADY : ACC_OUTCOME_ARCHIVED)
                   : conflict ? ACC_OUTCOME_CONFLICT
                              : ACC_OUTCOME_FAILED,
        .code = done ? ACC_OK : upload->err.code,
        .reason = done ? "" : upload->err.message,
        .size = done      ? upload->archived.size
                : differs ? upload->file.size
                          : upload->planned,
        .digests = done      ? &upload->archived.digests
                   : differs ? &upload->file.job_only.digests
                             : NULL,
        .etag = done ? upload->archived.etag : "",
        .version_id = done ? upload->archived.version_id : "",
        .checksum = done ? upload->archived.checksum : "",
        .proof = acc_grounds_name(done ? upload->archived.proof : ACC_GROUNDS_NONE),
        .duration = acc_clock_now() - upload->started,
        .promised = differs ? &upload->entry.promised : NULL,
        .origin = upload->entry.origin,
        .line = upload->entry.line,
        .modified = differs ? acc_time_of(*modified) : 0,
    };
    emit_file(run, &file);
}

void acc_run_report_compared(struct acc_run *run, const struct acc_row *row,
                             const struct acc_hashing *hashed)
{
    struct acc_str key = {0};
    bool differs = row->reason_code == ACC_DIGEST;
    acc_str_addf(&key, "%s%s", run->location.prefix, row->entry.path);
    struct acc_file_event file = {
        .path = row->entry.path,
        .key = acc_str_cstr(&key),
        .outcome = ACC_OUTCOME_FAILED,
        .code = row->reason_code,
        .reason = row->reason,
        .size = hashed->size,
        .digests = differs ? &hashed->digests : NULL,
        .promised = differs ? &row->entry.promised : NULL,
        .etag = "",
        .version_id = "",
        .checksum = "",
        .proof = acc_grounds_name(ACC_GROUNDS_NONE),
        .origin = row->entry.origin,
        .line = row->entry.line,
        .modified = differs ? hashed->modified : 0,
    };
    emit_file(run, &file);
    acc_str_release(&key);
}

void acc_run_report_row(struct acc_run *run, const struct acc_row *row, enum acc_outcome outcome)
{
    struct acc_str key = {0};
    bool good = outcome == ACC_OUTCOME_ALREADY || outcome == ACC_OUTCOME_ARCHIVED;
    acc_str_addf(&key, "%s%s", run->location.prefix, row->entry.path);
    struct acc_file_event file = {
        .path = row->entry.path,
        .key = acc_str_cstr(&key),
        .outcome = outcome,
        .code = good ? ACC_OK : row->reason_code,
        .reason = good ? "" : row->reason,
        .size = row->archived.size,
        .digests = &row->archived.digests,
        .etag = row->archived.etag,
        .version_id = row->archived.version_id,
        .checksum = row->archived.checksum,
        .proof = acc_grounds_name(good ? ACC_GROUNDS_LEDGER : ACC_GROUNDS_NONE),
    };
    emit_file(run, &file);
    acc_str_release(&key);
}
