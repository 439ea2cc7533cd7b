/* A list of copies. Nothing fails; acc_plan_notes_report() frees what it reports. */
#include "run/plan_notes.h"

#include <stdlib.h>

#include "base/mem.h"

struct note {
    struct acc_link link;
    enum acc_code code;
    char *text;
};

void acc_plan_notes_init(struct acc_plan_notes *notes)
{
    acc_list_init(&notes->list);
    atomic_init(&notes->read, 0);
}

void acc_plan_notes_add(void *arg, enum acc_code code, const char *text)
{
    struct acc_plan_notes *notes = arg;
    struct note *note = ACC_NEW(struct note);
    note->code = code;
    note->text = acc_strdup(text);
    acc_list_push(&notes->list, &note->link);
}

static void on_read(void *arg, uint64_t files, int64_t bytes)
{
    struct acc_plan_notes *notes = arg;
    (void)files;
    atomic_store_explicit(&notes->read, bytes, memory_order_relaxed);
}

void acc_plan_notes_watch(struct acc_plan_notes *notes, struct acc_source *source)
{
    source->watcher = (struct acc_source_watcher){on_read, notes};
}

int64_t acc_plan_notes_read(const struct acc_plan_notes *notes)
{
    return atomic_load_explicit(&notes->read, memory_order_relaxed);
}

void acc_plan_notes_report(struct acc_plan_notes *notes,
                           void (*on_note)(void *arg, enum acc_code code, const char *text),
                           void *arg)
{
    struct acc_link *link;
    while ((link = acc_list_pop(&notes->list)) != NULL) {
        struct note *note = ACC_CONTAINER_OF(link, struct note, link);
        on_note(arg, note->code, note->text);
        free(note->text);
        free(note);
    }
}
